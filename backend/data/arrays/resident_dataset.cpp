#include "backend/data/arrays/resident_dataset.h"

#include "backend/data/arrays/class_names.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::data {

namespace {

constexpr std::int64_t kMaxSide = 4096;

std::string sizeText(const torch::Tensor& pixels)
{
    return std::to_string(pixels.size(1)) + " x " + std::to_string(pixels.size(2)) + " x " +
           std::to_string(pixels.size(3));
}

std::vector<std::string> selectTexts(const std::vector<std::string>& texts, const torch::Tensor& ids)
{
    std::vector<std::string> selected;
    if (texts.empty())
        return selected;
    const auto* id = ids.data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < ids.size(0); ++i)
        selected.push_back(texts[static_cast<std::size_t>(id[i])]);
    return selected;
}

} // namespace

ResidentDataset::ResidentDataset(DatasetInfo info, ResidentPart train, ResidentPart test, std::string hash,
                                 const std::string& where)
    : m_info(std::move(info))
    , m_parts{std::move(train), std::move(test)}
    , m_hash(std::move(hash))
{
    const torch::Tensor& first = m_parts[0].pixels;
    const torch::Tensor& second = m_parts[1].pixels;
    if (first.sizes().slice(1) != second.sizes().slice(1))
        throw Error("training images are " + sizeText(first) + " (channels, height, width), test images " +
                        sizeText(second),
                    where, "Use files of one data set.");
    for (const int axis : {2, 3}) {
        if (first.size(axis) < 1 || first.size(axis) > kMaxSide)
            throw Error("images are " + sizeText(first) + " (channels, height, width); sides must be 1 to " +
                            std::to_string(kMaxSide),
                        where);
    }
    nameClasses(m_info.classes, {m_parts[0].labels, m_parts[1].labels}, where);
    m_info.trainCount = first.size(0);
    m_info.testCount = second.size(0);
    m_info.channels = first.size(1);
    m_info.height = first.size(2);
    m_info.width = first.size(3);
    m_info.attributes.clear();
    for (const Attribute& attribute : m_parts[0].samples.attributes)
        m_info.attributes.push_back(attribute.name);
    m_info.boxClasses = m_parts[0].samples.boxClasses;
}

SampleTable selectSamples(const SampleTable& table, const torch::Tensor& ids)
{
    SampleTable selected{.names = selectTexts(table.names, ids),
                         .captions = selectTexts(table.captions, ids)};
    for (const Attribute& attribute : table.attributes) {
        Attribute part{.name = attribute.name, .values = attribute.values};
        if (attribute.codes.defined())
            part.codes = attribute.codes.index_select(0, ids);
        if (attribute.numbers.defined())
            part.numbers = attribute.numbers.index_select(0, ids);
        selected.attributes.push_back(std::move(part));
    }
    selected.boxClasses = table.boxClasses;
    const auto* id = ids.data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < ids.size(0) && !table.boxes.empty(); ++i) {
        for (Box box : std::ranges::equal_range(table.boxes, id[i], {}, &Box::sample)) {
            box.sample = i;
            selected.boxes.push_back(box);
        }
    }
    return selected;
}

} // namespace assay::data
