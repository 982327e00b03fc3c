#include "backend/engine/browsing/data_table.h"

#include "backend/protocol/error.h"

#include <torch/types.h>

#include <bit>
#include <cstring>
#include <limits>

namespace assay::engine {

namespace {

static_assert(std::endian::native == std::endian::little, "columns are sent as they lie in memory");

/// A frame holds 64 MiB; what is beyond it could not be sent anyway.
constexpr std::size_t kMostBytes = std::size_t(60) << 20;

class Columns
{
public:
    void add(const std::string& name, const torch::Tensor& values, const std::vector<std::string>* texts)
    {
        const bool isCode = values.scalar_type() == torch::kInt32;
        head(name, isCode ? "i32" : "f64", texts ? Json(*texts) : Json());
        const torch::Tensor flat = values.contiguous();
        append(flat.data_ptr(), flat.nbytes());
    }
    void add(const std::string& name, const std::vector<std::string>& texts)
    {
        head(name, "text", Json());
        for (const std::string& text : texts) {
            const auto length = static_cast<std::uint32_t>(text.size());
            append(&length, sizeof length);
            append(text.data(), text.size());
        }
    }

    Json heads = Json::array();
    std::vector<std::uint8_t> bytes;

private:
    void head(const std::string& name, const char* type, Json values)
    {
        heads.push_back({{"name", name}, {"type", type}, {"values", std::move(values)}});
    }
    void append(const void* data, std::size_t size)
    {
        if (bytes.size() + size > kMostBytes)
            throw Error("the data set's table is larger than 60 MiB, too large to show", {},
                        "Import a part of it, or leave out captions.");
        const auto* from = static_cast<const std::uint8_t*>(data);
        bytes.insert(bytes.end(), from, from + size);
    }
};

} // namespace

DataTable dataTable(const data::Dataset& dataset, data::Split split)
{
    const data::DatasetInfo& info = dataset.info();
    const data::SampleTable& samples = dataset.samples(split);
    Columns columns;
    columns.add("label", dataset.labels(split).to(torch::kInt32), nullptr);
    for (const data::Attribute& attribute : samples.attributes) {
        if (attribute.codes.defined())
            columns.add(attribute.name, attribute.codes.to(torch::kInt32), &attribute.values);
        else
            columns.add(attribute.name, attribute.numbers.to(torch::kFloat64), nullptr);
    }
    if (!samples.names.empty())
        columns.add("#name", samples.names);
    if (!samples.captions.empty())
        columns.add("#caption", samples.captions);
    return {{{"count", dataset.size(split)},
             {"classes", info.classes},
             {"channels", info.channels},
             {"height", info.height},
             {"width", info.width},
             {"boxClasses", samples.boxClasses},
             {"columns", std::move(columns.heads)}},
            std::move(columns.bytes)};
}

} // namespace assay::engine
