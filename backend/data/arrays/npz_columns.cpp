#include "backend/data/arrays/npz_columns.h"

#include "backend/data/arrays/class_names.h"
#include "backend/data/arrays/npz_boxes.h"
#include "backend/protocol/csv.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

namespace assay::data {

namespace {

using arrays::ArrayBundle;
using arrays::NpyArray;
using protocol::Finding;
using protocol::Findings;

constexpr std::uint64_t kMaxColumnBytes = std::uint64_t(1) << 30;
constexpr std::size_t kMaxValues = 4096; // of a categorical attribute
constexpr std::array<const char*, 3> kClassKeys = {"classes", "class_names", "label_names"};
constexpr std::array<const char*, 5> kNameKeys = {"names", "name", "filenames", "files", "paths"};
constexpr std::array<const char*, 3> kCaptionKeys = {"captions", "caption", "texts"};

bool isOneOf(const auto& keys, const std::string& key)
{
    return std::ranges::find(keys, key) != keys.end();
}

/// Labels from the texts' places in their sorted list.
std::vector<std::int32_t> encode(const std::vector<std::string>& texts, std::vector<std::string>& values)
{
    const std::set<std::string> distinct(texts.begin(), texts.end());
    values.assign(distinct.begin(), distinct.end());
    std::vector<std::int32_t> codes;
    codes.reserve(texts.size());
    for (const std::string& text : texts)
        codes.push_back(static_cast<std::int32_t>(std::ranges::lower_bound(values, text) - values.begin()));
    return codes;
}

torch::Tensor toTensor(const std::vector<std::int32_t>& codes)
{
    return torch::tensor(torch::ArrayRef<std::int32_t>(codes), torch::kInt32);
}

torch::Tensor oneHot(const torch::Tensor& rows, const std::string& where)
{
    const torch::Tensor valid = ((rows == 1).sum(1) == 1).logical_and((rows != 0).sum(1) == 1);
    if (!valid.all().item<bool>()) {
        const auto first = valid.logical_not().nonzero()[0].item<std::int64_t>();
        throw Error("sample " + std::to_string(first) + " has not exactly one class", where,
                    "Keep one label a sample; several at once are not supported.");
    }
    return rows.argmax(1);
}

torch::Tensor wholeNumbers(const torch::Tensor& values, const std::string& where)
{
    if (!values.is_floating_point())
        return values.to(torch::kInt64);
    const torch::Tensor valid = (values == values.floor()).logical_and(values.abs() < 1e9);
    if (!valid.all().item<bool>()) {
        const auto first = valid.logical_not().nonzero()[0].item<std::int64_t>();
        throw Error("sample " + std::to_string(first) + " has the label " +
                        protocol::csvNumber(values[first].item<double>()) + ", which is no whole number",
                    where, "Number the classes from 0.");
    }
    return values.to(torch::kInt64);
}

/// The arrays of the file that hold one value for each sample, by column name: a key for every part.
std::map<std::string, std::vector<std::string>> columnKeys(const ArrayBundle& bundle, const NpzPlan& plan)
{
    std::map<std::string, std::vector<std::string>> columns;
    for (const std::string& key : bundle.names()) {
        const bool isTaken = key == plan.parts[0].images || key == plan.parts[0].labels ||
                             key == plan.split || key == kNpzBoxClasses;
        std::vector<std::string> keys;
        for (std::size_t i = 0; i < plan.parts.size() && !isTaken; ++i) {
            const std::string name = plan.keyFor(i, key);
            if (name.empty() || !bundle.has(name) ||
                bundle.header(name).shape != std::vector<std::int64_t>{plan.parts[i].count})
                break;
            keys.push_back(name);
        }
        const std::string name = plan.columnName(key);
        // A list of names may be as long as the data set by chance; it is one value a class all the same.
        if (keys.size() == plan.parts.size() && !isOneOf(kClassKeys, name))
            columns[name] = keys;
    }
    return columns;
}

/// Texts for the numbers of a column: from the array NAME_names, else the numbers themselves.
std::vector<std::string> numbersAsTexts(const torch::Tensor& values, const std::vector<std::string>& names)
{
    const torch::Tensor plain = values.to(torch::kInt64);
    std::vector<std::string> texts;
    for (std::int64_t i = 0; i < plain.size(0); ++i) {
        const std::int64_t value = plain[i].item<std::int64_t>();
        const bool named = value >= 0 && value < static_cast<std::int64_t>(names.size());
        texts.push_back(named ? names[static_cast<std::size_t>(value)] : std::to_string(value));
    }
    return texts;
}

Attribute toAttribute(const std::string& name, const NpzColumn& column, const std::vector<std::string>& names)
{
    Attribute attribute{.name = name};
    if (column.isText()) {
        attribute.codes = toTensor(encode(column.texts, attribute.values));
        if (!attribute.values.empty() && attribute.values.front().empty()) {
            attribute.values.erase(attribute.values.begin()); // an empty text says that it is not known
            attribute.codes -= 1;
        }
    } else if (column.values.scalar_type() == torch::kBool) {
        attribute.values = {"false", "true"};
        attribute.codes = column.values.to(torch::kInt32);
    } else if (!column.values.is_floating_point() && (name == "domain" || !names.empty())) {
        attribute.codes = toTensor(encode(numbersAsTexts(column.values, names), attribute.values));
    } else {
        attribute.numbers = column.values.to(torch::kFloat64);
    }
    return attribute;
}

} // namespace

NpzColumn readNpzColumn(const ArrayBundle& bundle, const std::vector<std::string>& keys,
                        const std::string& where)
{
    NpzColumn column;
    std::vector<torch::Tensor> values;
    for (const std::string& key : keys) {
        NpyArray array = bundle.array(key, kMaxColumnBytes);
        if (array.header.isText())
            column.texts.insert(column.texts.end(), array.texts.begin(), array.texts.end());
        else
            values.push_back(array.values);
    }
    if (!values.empty() && values.size() != keys.size())
        throw Error("the arrays '" + keys.front() + "' and '" + keys.back() +
                        "' hold texts and numbers where both should be alike",
                    where);
    for (const torch::Tensor& part : values) {
        if (part.sizes().slice(1) != values[0].sizes().slice(1))
            throw Error("the arrays '" + keys.front() + "' and '" + keys.back() + "' differ in shape", where);
    }
    if (!values.empty())
        column.values = values.size() == 1 ? values[0] : torch::cat(values);
    return column;
}

NpzLabels toLabels(const NpzColumn& column, const std::string& where)
{
    NpzLabels result;
    if (column.isText()) {
        result.labels = toTensor(encode(column.texts, result.classes)).to(torch::kInt64);
        if (result.classes.size() > static_cast<std::size_t>(kMaxClasses))
            throw Error("has " + std::to_string(result.classes.size()) +
                            " different labels; at most 4096 classes are known",
                        where);
        return result;
    }
    const torch::Tensor& values = column.values;
    if (values.dim() == 1 || values.size(1) == 1)
        result.labels = wholeNumbers(values.flatten(), where);
    else
        result.labels = oneHot(values, where);
    return result;
}

SampleTable readNpzSamples(const ArrayBundle& bundle, const NpzPlan& plan, const std::string& where,
                           Findings& findings)
{
    SampleTable table;
    for (const auto& [name, keys] : columnKeys(bundle, plan)) {
        const NpzColumn column = readNpzColumn(bundle, keys, where);
        if (column.isText() && isOneOf(kNameKeys, name) && table.names.empty()) {
            table.names = column.texts;
            continue;
        }
        if (column.isText() && isOneOf(kCaptionKeys, name) && table.captions.empty()) {
            table.captions = column.texts;
            continue;
        }
        std::vector<std::string> names;
        if (bundle.has(name + "_names") && bundle.header(name + "_names").isText())
            names = bundle.array(name + "_names", kMaxColumnBytes).texts;
        Attribute attribute = toAttribute(name, column, names);
        if (attribute.values.size() > kMaxValues)
            findings.push_back({Finding::Level::Warning,
                                "The array '" + name + "' has " + std::to_string(attribute.values.size()) +
                                    " different values and is left out; an attribute has at most 4096."});
        else
            table.attributes.push_back(std::move(attribute));
    }
    readNpzBoxes(bundle, plan, where, table);
    return table;
}

std::vector<std::string> readNpzClasses(const ArrayBundle& bundle)
{
    for (const char* key : kClassKeys) {
        if (!bundle.has(key))
            continue;
        const auto header = bundle.header(key);
        if (header.isText() && header.shape.size() == 1 && header.shape[0] > 0 &&
            header.shape[0] <= kMaxClasses)
            return bundle.array(key, kMaxColumnBytes).texts;
    }
    return {};
}

} // namespace assay::data
