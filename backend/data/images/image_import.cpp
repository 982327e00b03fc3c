#include "backend/data/images/image_import.h"

#include "backend/data/images/image_survey.h"
#include "backend/data/images/lazy_image_dataset.h"
#include "backend/data/images/parallel_for.h"
#include "backend/protocol/error.h"
#include "backend/protocol/json_fields.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::data {

namespace fs = std::filesystem;

namespace {

using protocol::Finding;

constexpr const char* kWhite = "#ffffff";

std::array<std::uint8_t, 3> colourFrom(const std::string& text, const std::string& where)
{
    std::array<std::uint8_t, 3> colour{};
    const bool form = text.size() == 7 && text[0] == '#' &&
                      text.find_first_not_of("0123456789abcdefABCDEF", 1) == std::string::npos;
    if (!form)
        throw Error("option 'background' is '" + text.substr(0, 40) + "'; it must be a colour like #ffffff",
                    where);
    for (std::size_t i = 0; i < 3; ++i)
        colour[i] = static_cast<std::uint8_t>(std::stoi(text.substr(1 + 2 * i, 2), nullptr, 16));
    return colour;
}

/// The names of all pictures that cannot be decoded, in order; their first sentence into @p first.
std::vector<std::string> brokenPictures(const ImageList& list, const ImageRoot& root, const ImageShape& shape,
                                        std::string& first)
{
    std::vector<std::string> broken;
    for (const ImagePart& part : list.parts) {
        std::vector<std::string> sentences(static_cast<std::size_t>(part.size()));
        parallelFor(part.size(), [&](std::int64_t i) {
            const auto at = static_cast<std::size_t>(i);
            const std::string& name = part.table.names[at];
            try {
                imaging::decodeImage(root.read(name), shape.decodeOptions(), (root.folder() / name).string());
            } catch (const Error& error) {
                sentences[at] = error.what();
            }
        });
        for (std::size_t i = 0; i < sentences.size(); ++i) {
            if (sentences[i].empty())
                continue;
            if (broken.empty())
                first = sentences[i];
            broken.push_back(part.table.names[i]);
        }
    }
    return broken;
}

void setIfAbsent(Json& options, const char* key, const Json& value)
{
    if (!options.contains(key))
        options[key] = value;
}

/// The user's class names: another order of those found, or other names for them.
void applyClasses(const std::vector<std::string>& wanted, ImageList& list, DataCard& card,
                  protocol::Findings& findings, const std::function<ImageList(Json&)>& relist)
{
    std::vector<std::string> sortedWanted = wanted;
    std::vector<std::string> sortedFound = list.classes;
    std::ranges::sort(sortedWanted);
    std::ranges::sort(sortedFound);
    if (sortedWanted == sortedFound) {
        card.options["labels"] = wanted;
        list = relist(card.options);
    } else if (wanted.size() != list.classes.size()) {
        findings.push_back({Finding::Level::Problem, std::to_string(wanted.size()) +
                                                         " class names are given for the " +
                                                         std::to_string(list.classes.size()) +
                                                         " classes that were found. Name each once."});
        return;
    }
    card.info.classes = wanted;
}

} // namespace

std::string counted(std::int64_t count, const std::string& what)
{
    return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

void tellHashSplit(const std::string& lacking, protocol::Findings& findings)
{
    findings.push_back({Finding::Level::Info,
                        lacking + ": a fifth of the pictures, chosen by their names, is for testing."});
}

std::string choice(Json& options, const char* key, const std::vector<std::string>& choices,
                   const std::string& where)
{
    setIfAbsent(options, key, choices.front());
    const std::string given = protocol::JsonFields(options, where, "the data card's options").text(key);
    if (std::ranges::find(choices, given) != choices.end())
        return given;
    std::string all;
    for (const std::string& known : choices)
        all += (all.empty() ? "" : ", ") + known;
    throw Error("option '" + std::string(key) + "' is '" + given.substr(0, 40) + "'; it must be one of " +
                    all,
                where);
}

bool allowsOutside(Json& options, const std::string& where)
{
    setIfAbsent(options, "outside", false);
    return protocol::JsonFields(options, where, "the data card's options").flag("outside");
}

ImageShape shapeFromOptions(const Json& options, const std::string& where)
{
    const protocol::JsonFields fields(options, where, "the data card's options");
    ImageShape shape;
    shape.channels = fields.count("channels");
    shape.height = fields.count("height");
    shape.width = fields.count("width");
    Json copy = options;
    shape.fit = imaging::fitFromName(choice(copy, "fit", {"crop", "stretch", "letterbox"}, where), where);
    shape.upright = choice(copy, "orientation", {"apply", "ignore"}, where) == "apply";
    const std::string background = fields.text("background", false);
    shape.background = colourFrom(background.empty() ? kWhite : background, where);
    return shape;
}

DataImport finishImport(const DataFormat& format, const fs::path& location,
                        const DataCorrections& corrections, const ImageRoot& root, ImageList list,
                        Json options, protocol::Findings findings,
                        const std::function<ImageList(Json&)>& relist)
{
    const std::string where = location.string();
    DataImport import;
    DataCard& card = import.card;
    card.location = fs::absolute(location).lexically_normal();
    card.info.format = format.name;
    const fs::path named = card.location.has_filename() ? card.location : card.location.parent_path();
    const std::string stem = fs::is_directory(location) ? named.filename().string() : named.stem().string();
    card.info.name = corrections.name.value_or(stem);
    card.info.title = corrections.title.value_or(stem);
    card.info.source = card.location.string();
    card.info.licence = corrections.licence.value_or("unknown");
    card.info.note = corrections.note.value_or("");

    const bool upright = choice(options, "orientation", {"apply", "ignore"}, where) == "apply";
    const ImageSurvey survey = surveyImages(list, root, kPicturesLookedAt, upright);
    const auto [width, height] = proposedSize(survey);
    setIfAbsent(options, "channels", survey.readable > 0 && survey.grey == survey.readable ? 1 : 3);
    setIfAbsent(options, "height", height);
    setIfAbsent(options, "width", width);
    choice(options, "fit", {"crop", "stretch", "letterbox"}, where);
    setIfAbsent(options, "background", kWhite);
    const ImageShape shape = shapeFromOptions(options, where);
    for (Finding& finding : findingsOf(survey, list.count()))
        findings.push_back(std::move(finding));

    options["leftOut"] = Json::array();
    if (choice(options, "broken", {"refuse", "leave out"}, where) == "leave out") {
        std::string first;
        const std::vector<std::string> broken = brokenPictures(list, root, shape, first);
        std::erase_if(findings, [](const Finding& finding) { // said better below, for all pictures
            return finding.text.ends_with("set 'broken' to 'leave out'.");
        });
        if (broken.size() > kMaxLeftOut)
            throw Error(std::to_string(broken.size()) + " pictures cannot be read; at most " +
                            std::to_string(kMaxLeftOut) + " are left out",
                        where, "Mend the data set.");
        if (!broken.empty()) {
            findings.push_back(
                {Finding::Level::Warning, counted(static_cast<std::int64_t>(broken.size()), "picture") +
                                              " cannot be read and will be left out (the first: " + first +
                                              "). Mend them and import the data set again to have them."});
            options["leftOut"] = broken;
        }
    }
    card.options = std::move(options);
    if (!card.options["leftOut"].empty())
        list = relist(card.options);
    card.info.classes = list.classes;
    if (corrections.classes)
        applyClasses(*corrections.classes, list, card, findings, relist);
    if (list.count() == 0)
        throw Error("holds no pictures that can be read", where, "Check the path.");
    card.info.trainCount = list.parts[0].size();
    card.info.testCount = list.parts[1].size();
    card.info.channels = shape.channels;
    card.info.height = shape.height;
    card.info.width = shape.width;
    for (const Attribute& attribute : list.parts[0].table.attributes)
        card.info.attributes.push_back(attribute.name);
    findings.insert(findings.begin(),
                    {Finding::Level::Info, counted(card.info.trainCount, "picture") + " for training, " +
                                               std::to_string(card.info.testCount) + " for testing, in " +
                                               std::to_string(card.info.classes.size()) +
                                               (card.info.classes.size() == 1 ? " class." : " classes.")});
    import.findings = std::move(findings);
    return import;
}

std::shared_ptr<const Dataset> openImages(const DataCard& card, const ImageRoot& root, ImageList list)
{
    const ImageShape shape = shapeFromOptions(card.options, card.location.string());
    if (!card.info.classes.empty()) {
        if (card.info.classes.size() != list.classes.size())
            throw Error("has " + std::to_string(list.classes.size()) + " classes, its card names " +
                            std::to_string(card.info.classes.size()),
                        card.location.string(), "Import the data set again.");
        list.classes = card.info.classes;
    }
    return std::make_shared<LazyImageDataset>(card.info, std::move(list), root, shape);
}

} // namespace assay::data
