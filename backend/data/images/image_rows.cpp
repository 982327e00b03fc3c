#include "backend/data/images/image_rows.h"

#include "backend/protocol/error.h"
#include "backend/protocol/json_fields.h"

#include <torch/types.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <unordered_set>

namespace assay::data {

namespace {

/// The value of a text like "17": digits only, no leading zero, below kMaxImageClasses; else -1.
std::int64_t smallInteger(const std::string& text)
{
    std::int64_t value = -1;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool plain = code == std::errc() && end == text.data() + text.size() && value >= 0 &&
                       value < kMaxImageClasses && text == std::to_string(value);
    return plain ? value : -1;
}

std::vector<std::string> foundOrder(const std::vector<std::string>& names, bool integers)
{
    std::vector<std::string> order = names;
    std::ranges::sort(order);
    const bool all = std::ranges::all_of(names, [](const auto& name) { return smallInteger(name) >= 0; });
    if (!integers || !all || names.empty())
        return order;
    std::int64_t highest = 0;
    for (const std::string& name : names)
        highest = std::max(highest, smallInteger(name));
    order.clear();
    for (std::int64_t i = 0; i <= highest; ++i)
        order.push_back(std::to_string(i));
    return order;
}

/// From the number of first appearance to the place in @p order.
std::vector<std::int64_t> labelsOf(const std::vector<std::string>& names,
                                   const std::vector<std::string>& order, const std::string& where)
{
    std::unordered_map<std::string, std::int64_t> places;
    for (std::size_t i = 0; i < order.size(); ++i)
        places.emplace(order[i], static_cast<std::int64_t>(i));
    std::vector<std::int64_t> labels;
    for (const std::string& name : names) {
        const auto it = places.find(name);
        if (it == places.end())
            throw Error("has the class '" + name.substr(0, 80) + "', which its card does not know", where,
                        "Import the data set again.");
        labels.push_back(it->second);
    }
    return labels;
}

/// The rows of one split.
ImagePart take(const ImageRows& rows, const std::vector<std::size_t>& chosen,
               const std::vector<std::int64_t>& labels)
{
    ImagePart part;
    for (const std::size_t row : chosen) {
        part.table.names.push_back(rows.names[row]);
        part.labels.push_back(labels[static_cast<std::size_t>(rows.classes[row])]);
        if (!rows.captions.empty())
            part.table.captions.push_back(rows.captions[row]);
    }
    for (const RowColumn& column : rows.columns) {
        Attribute attribute{.name = column.name, .values = column.values, .codes = {}, .numbers = {}};
        std::vector<std::int32_t> codes;
        std::vector<double> numbers;
        for (const std::size_t row : chosen) {
            if (column.values.empty())
                numbers.push_back(column.numbers[row]);
            else
                codes.push_back(column.codes[row]);
        }
        if (column.values.empty())
            attribute.numbers = torch::tensor(numbers, torch::kFloat64);
        else
            attribute.codes = torch::tensor(codes, torch::kInt32);
        part.table.attributes.push_back(std::move(attribute));
    }
    part.table.boxClasses = rows.boxClasses;
    return part;
}

} // namespace

std::int32_t TextNumbers::numberOf(const std::string& text)
{
    const auto [it, added] = m_numbers.emplace(text, static_cast<std::int32_t>(m_texts.size()));
    if (added)
        m_texts.push_back(text);
    return it->second;
}

std::size_t ImageRows::add(std::string name, const std::string& className, Place place,
                           const std::string& where)
{
    if (static_cast<std::int64_t>(names.size()) == kMaxImages)
        throw Error("lists more than " + std::to_string(kMaxImages) + " pictures", where,
                    "Divide it into several data sets.");
    const std::int32_t number = classNames.numberOf(className);
    if (number >= kMaxImageClasses)
        throw Error("has more than " + std::to_string(kMaxImageClasses) + " classes", where,
                    "Check which column or folder level holds the class.");
    names.push_back(std::move(name));
    classes.push_back(number);
    places.push_back(place);
    return names.size() - 1;
}

SplitRule splitRule(const std::string& name, bool given, const std::string& where)
{
    if (name == "files" && given)
        return SplitRule::Given;
    if (name == "files")
        throw Error("option 'split' is 'files', but nothing in the files says what is for training", where,
                    "Choose hash, test or train.");
    if (name == "hash")
        return SplitRule::Hash;
    if (name == "test")
        return SplitRule::AllTest;
    if (name == "train")
        return SplitRule::AllTrain;
    throw Error("option 'split' is '" + name.substr(0, 40) + "'; it must be files, hash, test or train",
                where);
}

bool hashedIntoTest(const std::string& name)
{
    std::uint64_t hash = 0xcbf29ce484222325u; // FNV-1a, 64 bits
    for (const char c : name) {
        hash ^= static_cast<std::uint8_t>(c);
        hash *= 0x100000001b3u;
    }
    return (hash >> 32) % 5 == 0;
}

ImageList divide(ImageRows rows, SplitRule rule, bool integers, Json& options, const std::string& where)
{
    const protocol::JsonFields given(options, where, "the data card's options");
    std::vector<std::string> order = given.texts("labels", false);
    if (order.empty())
        order = foundOrder(rows.classNames.texts(), integers);
    const std::vector<std::string> leftOutList = given.texts("leftOut", false);
    const std::unordered_set<std::string> leftOut(leftOutList.begin(), leftOutList.end());
    const std::vector<std::int64_t> labels = labelsOf(rows.classNames.texts(), order, where);

    std::array<std::vector<std::size_t>, 2> chosen;
    std::vector<std::pair<int, std::int64_t>> newPlaces(rows.names.size(), {-1, 0});
    for (std::size_t row = 0; row < rows.names.size(); ++row) {
        if (leftOut.contains(rows.names[row]))
            continue;
        const bool test = rule == SplitRule::AllTest ||
                          (rule == SplitRule::Hash && hashedIntoTest(rows.names[row])) ||
                          (rule == SplitRule::Given && rows.places[row] == ImageRows::Place::Test);
        auto& split = chosen[test ? 1 : 0];
        newPlaces[row] = {test ? 1 : 0, static_cast<std::int64_t>(split.size())};
        split.push_back(row);
    }
    ImageList list;
    list.classes = order;
    options["labels"] = order;
    for (std::size_t i = 0; i < list.parts.size(); ++i)
        list.parts[i] = take(rows, chosen[i], labels);
    std::ranges::stable_sort(rows.boxes, {}, &Box::sample);
    for (Box& box : rows.boxes) {
        const auto [split, place] = newPlaces[static_cast<std::size_t>(box.sample)];
        if (split < 0)
            continue;
        box.sample = place;
        list.parts[static_cast<std::size_t>(split)].table.boxes.push_back(box);
    }
    return list;
}

} // namespace assay::data
