#include "backend/data/formats/coco_file.h"
#include "backend/data/formats/image_formats.h"
#include "backend/data/images/image_import.h"
#include "backend/data/images/image_rows.h"
#include "backend/protocol/error.h"
#include "backend/protocol/json_fields.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

// COCO's object detection files. The location is one JSON file, or the folder above annotations/ with
// instances_train*.json and instances_val*.json. Options besides those of image_import.h:
//   images   the folder of the pictures; found when it is one of the usual ones
//   label    which class an image has: largest (of its largest box), most (of most of its boxes), single
//            (images whose boxes are all of one category, the others are left out), none (one class
//            "picture")

namespace assay::data {

namespace fs = std::filesystem;

namespace {

using protocol::Finding;

constexpr const char* kOneClass = "picture";

/// A JSON file and where its pictures belong.
struct CocoSource
{
    fs::path file;
    ImageRows::Place place = ImageRows::Place::Unknown;
};

std::vector<CocoSource> sourcesOf(const fs::path& location)
{
    std::error_code code;
    if (!fs::is_directory(location, code))
        return {{.file = location}};
    std::map<ImageRows::Place, fs::path> found;
    std::vector<fs::path> files;
    for (fs::directory_iterator it(location / "annotations", code), end; !code && it != end;
         it.increment(code))
        files.push_back(it->path());
    std::ranges::sort(files);
    for (const fs::path& file : files) {
        const std::string name = file.filename().string();
        if (!name.starts_with("instances_") || file.extension() != ".json")
            continue;
        const bool train = name.find("train") != std::string::npos;
        const bool test = name.find("val") != std::string::npos || name.find("test") != std::string::npos;
        if (train || test)
            found.emplace(train ? ImageRows::Place::Train : ImageRows::Place::Test, file);
    }
    std::vector<CocoSource> sources;
    for (const auto& [place, file] : found)
        sources.push_back({.file = file, .place = place});
    return sources;
}

fs::path baseOf(const fs::path& location)
{
    std::error_code code;
    if (fs::is_directory(location, code))
        return location;
    const fs::path folder = fs::absolute(location).parent_path();
    return folder.filename() == "annotations" ? folder.parent_path() : folder;
}

/// Collects the rows of all files; knows whether the pictures were found.
class Collector
{
public:
    Collector(const fs::path& location, Json& options)
        : m_location(location)
        , m_where(location.string())
        , m_outside(allowsOutside(options, m_where))
        , m_rule(choice(options, "label", {"largest", "most", "single", "none"}, m_where))
        , m_images(protocol::JsonFields(options, m_where, "the options").text("images", false))
        , m_root(m_images.empty() ? baseOf(location) : baseOf(location) / m_images)
    {}

    void collect()
    {
        for (const CocoSource& source : sourcesOf(m_location)) {
            const CocoFile coco = readCoco(source.file);
            addCategories(coco, source.file.string());
            const std::string prefix = prefixFor(source, coco);
            addImages(coco, prefix, source);
            m_files.push_back(source.file);
            m_hasSplits = m_hasSplits || source.place != ImageRows::Place::Unknown;
        }
    }

    ImageList list(Json& options) const
    {
        const std::vector<std::string> rules =
            m_hasSplits ? std::vector<std::string>{"files", "hash", "test", "train"}
                        : std::vector<std::string>{"hash", "test", "train"};
        const SplitRule rule = splitRule(choice(options, "split", rules, m_where), m_hasSplits, m_where);
        if (!options.contains("labels") && m_rule != "none")
            options["labels"] = m_rows.boxClasses;
        ImageList list = divide(m_rows, rule, false, options, m_where);
        list.described = m_files;
        return list;
    }

    ImageRoot root() const { return ImageRoot(m_root, m_outside); }
    bool found() const { return m_missing.empty(); }
    const std::string& missing() const { return m_missing; }

    protocol::Findings findings() const
    {
        protocol::Findings findings;
        const auto say = [&](std::int64_t count, const std::string& what, const std::string& rest) {
            if (count > 0)
                findings.push_back({Finding::Level::Info, counted(count, what) + rest});
        };
        say(static_cast<std::int64_t>(m_rows.boxes.size()), "box",
            " in " + std::to_string(m_rows.boxClasses.size()) + " categories.");
        if (!findings.empty() && m_rows.boxes.size() != 1)
            findings[0].text = std::to_string(m_rows.boxes.size()) + " boxes in " +
                               std::to_string(m_rows.boxClasses.size()) + " categories.";
        say(m_crowds, "crowd region", " left out: they bound no single object.");
        say(m_bad, "annotation", " without a box of positive size left out.");
        say(m_unlabelled, "picture",
            m_rule == "single" ? " without boxes of exactly one category left out."
                               : " without boxes left out: they have no class.");
        return findings;
    }

private:
    void addCategories(const CocoFile& coco, const std::string& where)
    {
        std::vector<std::string> names;
        for (const CocoCategory& category : coco.categories)
            names.push_back(category.name);
        if (std::set<std::string>(names.begin(), names.end()).size() != names.size())
            throw Error("has two categories of one name", where, "Rename one of them.");
        if (m_rows.boxClasses.empty())
            m_rows.boxClasses = names;
        else if (m_rows.boxClasses != names)
            throw Error("has other categories than the file for training", where,
                        "Use files of one data set.");
    }

    /// The folder of the pictures below the root, with a slash at its end: where the first one lies.
    std::string prefixFor(const CocoSource& source, const CocoFile& coco)
    {
        const std::string stem = source.file.stem().string();
        const std::string set = stem.substr(stem.find_last_of('_') + 1); // instances_val2017 -> val2017
        std::vector<std::string> folders = {"", set + "/"};
        for (const char* folder : {"images/", "JPEGImages/", "data/"}) {
            folders.push_back(folder + set + "/");
            folders.emplace_back(folder);
        }
        std::error_code code;
        for (const std::string& folder : folders) {
            const std::string name = folder + coco.images.front().file;
            if ((m_outside || isInside(name)) && fs::is_regular_file(m_root / name, code))
                return folder;
        }
        if (m_missing.empty())
            m_missing = coco.images.front().file;
        return {};
    }

    void addImages(const CocoFile& coco, const std::string& prefix, const CocoSource& source)
    {
        const std::string where = source.file.string();
        std::unordered_map<std::int64_t, std::size_t> imageAt;
        for (std::size_t i = 0; i < coco.images.size(); ++i) {
            if (!imageAt.emplace(coco.images[i].id, i).second)
                throw Error("has two images with the id " + std::to_string(coco.images[i].id), where,
                            "Export the annotations again.");
        }
        std::unordered_map<std::int64_t, std::int32_t> categoryAt;
        for (std::size_t i = 0; i < coco.categories.size(); ++i)
            categoryAt.emplace(coco.categories[i].id, static_cast<std::int32_t>(i));
        std::vector<std::vector<Box>> boxes(coco.images.size());
        m_bad += coco.badBoxes;
        for (const CocoBox& box : coco.boxes) {
            const auto image = imageAt.find(box.image);
            const auto category = categoryAt.find(box.category);
            if (image == imageAt.end() || category == categoryAt.end())
                throw Error("has a box of the " +
                                (image == imageAt.end() ? "image " + std::to_string(box.image)
                                                        : "category " + std::to_string(box.category)) +
                                ", which it does not list",
                            where, "Export the annotations again.");
            if (box.crowd)
                ++m_crowds;
            else
                boxes[image->second].push_back({0, box.x, box.y, box.width, box.height, category->second});
        }
        for (std::size_t i = 0; i < coco.images.size(); ++i)
            addImage(prefix + coco.images[i].file, boxes[i], source);
    }

    void addImage(const std::string& name, std::vector<Box>& boxes, const CocoSource& source)
    {
        if (!m_outside && !isInside(name))
            throw Error("names the picture '" + name.substr(0, 200) + "', which leads out of the folder",
                        source.file.string(), "Correct the name, or allow files outside.");
        const std::int32_t label = labelOf(boxes);
        if (label < 0 && m_rule != "none") {
            ++m_unlabelled;
            return;
        }
        const std::string& label_name =
            m_rule == "none" ? m_oneClass : m_rows.boxClasses[static_cast<std::size_t>(label)];
        const std::size_t row = m_rows.add(name, label_name, source.place, source.file.string());
        for (Box& box : boxes) {
            box.sample = static_cast<std::int64_t>(row);
            m_rows.boxes.push_back(box);
        }
    }

    /// By option "label"; -1: none. Among equals the one listed first.
    std::int32_t labelOf(const std::vector<Box>& boxes) const
    {
        if (boxes.empty())
            return -1;
        if (m_rule == "largest")
            return std::ranges::max_element(boxes, {}, [](const Box& box) { return box.width * box.height; })
                ->category;
        std::map<std::int32_t, int> counts;
        for (const Box& box : boxes)
            ++counts[box.category];
        if (m_rule == "single")
            return counts.size() == 1 ? boxes.front().category : -1;
        return std::ranges::max_element(boxes, {}, [&](const Box& box) { return counts[box.category]; })
            ->category;
    }

    fs::path m_location;
    std::string m_where;
    bool m_outside;
    std::string m_rule;
    std::string m_images;
    fs::path m_root;
    ImageRows m_rows;
    std::vector<fs::path> m_files;
    const std::string m_oneClass = kOneClass;
    std::string m_missing; ///< the picture that was not found
    bool m_hasSplits = false;
    std::int64_t m_crowds = 0;
    std::int64_t m_bad = 0;
    std::int64_t m_unlabelled = 0;
};

bool recognisesCoco(const fs::path& location)
{
    std::error_code code;
    if (!fs::is_directory(location, code))
        return looksLikeCoco(location);
    return !sourcesOf(location).empty();
}

DataImport inspectCoco(const fs::path& location, const DataCorrections& corrections)
{
    Json options = corrections.options;
    Collector collector(location, options);
    collector.collect();
    if (!collector.found()) {
        DataImport import;
        import.card.info.format = cocoFormat().name;
        import.card.info.name = corrections.name.value_or(location.stem().string());
        import.card.info.title = corrections.title.value_or(location.stem().string());
        import.card.location = fs::absolute(location).lexically_normal();
        import.card.options = std::move(options);
        import.card.options["images"] = import.card.options.value("images", "");
        import.asks = {"images"};
        import.findings = {
            { Finding::Level::Problem,
              "The picture " + collector.missing().substr(0, 200) +
                  " is in none of the usual folders. Set 'images' to the folder of the pictures." }};
        return import;
    }
    const auto relist = [&](Json& changed) { return collector.list(changed); };
    ImageList list = relist(options);
    protocol::Findings findings = collector.findings();
    if (options["split"] == "hash")
        tellHashSplit("One file of annotations", findings);
    return finishImport(cocoFormat(), location, corrections, collector.root(), std::move(list),
                        std::move(options), std::move(findings), relist);
}

std::shared_ptr<const Dataset> openCoco(const DataCard& card)
{
    Json options = card.options;
    Collector collector(card.location, options);
    collector.collect();
    if (!collector.found())
        throw Error("its picture " + collector.missing().substr(0, 200) + " is in none of the usual folders",
                    card.location.string(), "Set 'images' to the folder of the pictures.");
    return openImages(card, collector.root(), collector.list(options));
}

} // namespace

const DataFormat& cocoFormat()
{
    static const DataFormat format = {.name = "coco",
                                      .title = "COCO boxes",
                                      .recognises = recognisesCoco,
                                      .inspect = inspectCoco,
                                      .open = openCoco};
    return format;
}

} // namespace assay::data
