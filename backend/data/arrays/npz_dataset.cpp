#include "backend/data/arrays/npz_dataset.h"

#include "backend/data/arrays/file_hash.h"
#include "backend/data/arrays/npz_columns.h"
#include "backend/data/arrays/npz_images.h"
#include "backend/data/arrays/npz_plan.h"
#include "backend/data/arrays/resident_dataset.h"
#include "backend/data/arrays/split_rule.h"
#include "backend/protocol/csv.h"
#include "backend/protocol/error.h"
#include "backend/protocol/text.h"

#include <torch/types.h>

#include <algorithm>
#include <cctype>

namespace assay::data {

namespace {

namespace fs = std::filesystem;
using protocol::Finding;

constexpr std::size_t kNamesShown = 12;
constexpr double kDark = 64; // of 255: real photographs are brighter somewhere

/// Reads one file; a class because every step needs where, plan and findings.
class NpzReader
{
public:
    NpzReader(const fs::path& location, DatasetInfo info, const Json& options)
        : m_where(location.string())
        , m_bundle(location)
        , m_info(std::move(info))
    {
        m_reading.options = options;
    }

    NpzReading read()
    {
        if (!findPlan() || !findLayout())
            return std::move(m_reading);
        readImages();
        if (!findRange())
            return std::move(m_reading);
        assemble();
        return std::move(m_reading);
    }

private:
    void say(std::string text) { m_reading.findings.push_back({Finding::Level::Info, std::move(text)}); }
    void warn(std::string text) { m_reading.findings.push_back({Finding::Level::Warning, std::move(text)}); }
    std::string option(const char* key) const { return textOption(m_reading.options, key, m_where); }

    /// Asks for an option that nobody but the user can know.
    bool ask(const char* key)
    {
        m_reading.options[key] = "";
        m_reading.asks.emplace_back(key);
        return false;
    }

    bool findPlan()
    {
        Json found = Json::object();
        writeNpzPlan(guessNpzPlan(m_bundle), found);
        for (const auto& [key, value] : found.items()) {
            if (!m_reading.options.contains(key)) // what the user said stays
                m_reading.options[key] = value;
        }
        if (option("images").empty() || option("labels").empty()) {
            warn("Which arrays hold the images and their labels is not clear. There are " + listing() + ".");
            if (option("images").empty())
                ask("images");
            return option("labels").empty() ? ask("labels") : false;
        }
        m_plan = readNpzPlan(m_reading.options, m_bundle, m_where);
        for (const NpzPart& part : m_plan.parts)
            say("Array '" + part.images + "' " + m_bundle.header(part.images).shapeText() +
                " holds images, '" + part.labels + "' their labels.");
        return true;
    }

    std::string listing() const
    {
        std::string text;
        const std::vector<std::string> names = m_bundle.names();
        for (std::size_t i = 0; i < std::min(names.size(), kNamesShown); ++i)
            text +=
                (i == 0 ? "" : ", ") + names[i].substr(0, 60) + " " + m_bundle.header(names[i]).shapeText();
        return names.empty() ? "no arrays"
               : names.size() <= kNamesShown
                   ? text
                   : text + " and " + std::to_string(names.size() - kNamesShown) + " more";
    }

    bool findLayout()
    {
        const arrays::NpyHeader header = m_bundle.header(m_plan.parts[0].images);
        if (option("layout").empty()) {
            const auto layout = guessLayout(header.shape);
            if (!layout) {
                warn("The axes of the images " + header.shapeText() +
                     " can be read in several ways or in none: choose NHW, NHWC, NCHW or flat.");
                return ask("layout");
            }
            m_reading.options["layout"] = *layout;
            if (*layout == "flat")
                say("Each row is taken as a square image.");
        }
        return true;
    }

    void readImages()
    {
        std::int64_t total = 0;
        for (const NpzPart& part : m_plan.parts)
            total += m_bundle.header(part.images).count();
        if (total > Dataset::kMaxResidentBytes)
            throw Error("holds " + std::to_string(total) + " pixel values; at most " +
                            std::to_string(Dataset::kMaxResidentBytes) + " fit into memory",
                        m_where, "Save the images as files in a folder for each class.");
        const auto most = static_cast<std::uint64_t>(Dataset::kMaxResidentBytes);
        for (const NpzPart& part : m_plan.parts) {
            torch::Tensor raw = m_bundle.array(part.images, most).values;
            if (!raw.defined())
                throw Error("the array '" + part.images + "' holds texts, no images", m_where);
            m_raw.push_back(raw.scalar_type() == torch::kBool ? raw.to(torch::kUInt8) : raw);
        }
    }

    bool findRange()
    {
        ValueRange seen = valuesOf(m_raw[0], whereOf(0));
        for (std::size_t i = 1; i < m_raw.size(); ++i) {
            const ValueRange next = valuesOf(m_raw[i], whereOf(i));
            seen = {.low = std::min(seen.low, next.low), .high = std::max(seen.high, next.high)};
        }
        const bool isReal = m_raw[0].is_floating_point();
        if (option("range").empty()) {
            std::optional<ValueRange> range = guessRange(seen);
            if (range && !isReal && range->low == 0 && range->high == 1 &&
                m_raw[0].scalar_type() == torch::kUInt8)
                range = ValueRange{.low = 0, .high = seen.high == 1 ? 1.0 : 255.0};
            if (!range) {
                warn("The values lie between " + seen.text() +
                     " and fit no known range: give the values of black and white as LOW..HIGH.");
                return ask("range");
            }
            m_reading.options["range"] = range->text();
        }
        m_range = ValueRange::parse(option("range"), m_where);
        sayRange(seen);
        return true;
    }

    void sayRange(const ValueRange& seen)
    {
        if (m_range.low == 0 && m_range.high == 255 && seen.high >= kDark) {
            say("Values from 0 to 255 are kept as they are.");
            return;
        }
        say("Values lie in " + seen.text() + "; " + m_range.text() + " becomes 0..255.");
        if (seen.low < m_range.low || seen.high > m_range.high)
            warn("Some values lie outside of " + m_range.text() + " and are cut: check the range.");
        if (m_range.low < 0)
            warn("The images may have been normalised by a mean and a deviation: check that black is " +
                 protocol::csvNumber(m_range.low) + " and white " + protocol::csvNumber(m_range.high) + ".");
        if (m_range.low == 0 && m_range.high == 255 && seen.high < kDark)
            warn("The brightest value is " + protocol::csvNumber(seen.high) +
                 " of 255: set the range to 0.." + protocol::csvNumber(seen.high) + " if that is white.");
    }

    std::string whereOf(std::size_t part) const
    {
        return m_where + ", array '" + m_plan.parts[part].images + "'";
    }

    /// Joins the parts [begin, end) as pixels; the raw arrays are let go.
    torch::Tensor pixels(std::size_t begin, std::size_t end)
    {
        std::vector<torch::Tensor> parts;
        for (std::size_t i = begin; i < end; ++i) {
            parts.push_back(toPixels(m_raw[i], option("layout"), m_range, whereOf(i)));
            m_raw[i].reset();
            if (parts.back().sizes().slice(1) != parts.front().sizes().slice(1))
                throw Error("the arrays '" + m_plan.parts[begin].images + "' and '" + m_plan.parts[i].images +
                                "' hold images of different size",
                            m_where);
        }
        return parts.size() == 1 ? parts[0] : torch::cat(parts);
    }

    std::vector<std::string> labelKeys() const
    {
        std::vector<std::string> keys;
        for (const NpzPart& part : m_plan.parts)
            keys.push_back(part.labels);
        return keys;
    }

    void assemble()
    {
        const std::string labelsAt = m_where + ", array '" + m_plan.parts[0].labels + "'";
        const NpzLabels labels = toLabels(readNpzColumn(m_bundle, labelKeys(), m_where), labelsAt);
        const SampleTable samples = readNpzSamples(m_bundle, m_plan, m_where, m_reading.findings);
        if (m_info.classes.empty())
            m_info.classes = labels.classes.empty() ? readNpzClasses(m_bundle) : labels.classes;
        const auto [trainIds, testIds] = split(labels.labels.size(0));
        ResidentPart train;
        ResidentPart test;
        if (m_plan.isDivided()) {
            const std::size_t last = m_plan.parts.size() - 1;
            train.pixels = pixels(0, last);
            test.pixels = pixels(last, last + 1);
        } else {
            const torch::Tensor all = pixels(0, 1);
            train.pixels = all.index_select(0, trainIds);
            test.pixels = all.index_select(0, testIds);
        }
        train.labels = labels.labels.index_select(0, trainIds);
        test.labels = labels.labels.index_select(0, testIds);
        train.samples = selectSamples(samples, trainIds);
        test.samples = selectSamples(samples, testIds);
        auto set = std::make_shared<ResidentDataset>(std::move(m_info), std::move(train), std::move(test),
                                                     hashFiles(m_bundle.files()), m_where);
        sayWhatIsThere(*set);
        m_reading.set = std::move(set);
    }

    std::pair<torch::Tensor, torch::Tensor> split(std::int64_t count)
    {
        if (m_plan.isDivided()) {
            const std::int64_t cut = count - m_plan.parts.back().count;
            if (m_plan.parts.size() > 2)
                say("Validation images belong to the training split.");
            return {torch::arange(cut, torch::kInt64), torch::arange(cut, count, torch::kInt64)};
        }
        if (m_plan.split.empty() || m_plan.split == "hash") {
            say("A fixed fifth of the samples, chosen by a hash of their number, is the test split.");
            return hashSplit(count);
        }
        if (!m_bundle.has(m_plan.split))
            throw Error("has no array '" + m_plan.split.substr(0, 100) + "'", m_where,
                        "Set split to hash, or to an array that says which samples are for testing.");
        const NpzColumn column = readNpzColumn(m_bundle, {m_plan.split}, m_where);
        say("The array '" + m_plan.split + "' says which samples are for testing.");
        return splitByFlags(testFlags(column, count));
    }

    torch::Tensor testFlags(const NpzColumn& column, std::int64_t count) const
    {
        const std::string where = m_where + ", array '" + m_plan.split + "'";
        const std::int64_t length =
            column.isText() ? static_cast<std::int64_t>(column.texts.size()) : column.values.size(0);
        if (length != count || (!column.isText() && column.values.dim() != 1))
            throw Error("must hold one value for each of the " + std::to_string(count) + " samples", where);
        torch::Tensor flags = torch::zeros({count}, torch::kBool);
        for (std::int64_t i = 0; i < count; ++i) {
            const std::string value = column.isText() ? lowered(column.texts[static_cast<std::size_t>(i)])
                                                      : protocol::csvNumber(column.values[i].item<double>());
            const bool isTest = value == "test" || value == "1";
            if (!isTest && value != "train" && value != "training" && value != "val" && value != "valid" &&
                value != "validation" && value != "0")
                throw Error("sample " + std::to_string(i) + " belongs to '" + value.substr(0, 40) +
                                "'; 'train' or 0 and 'test' or 1 are known",
                            where);
            flags.data_ptr<bool>()[i] = isTest;
        }
        return flags;
    }

    void sayWhatIsThere(const Dataset& set)
    {
        const DatasetInfo& info = set.info();
        say(std::to_string(info.trainCount) + " training and " + std::to_string(info.testCount) +
            " test images of " + std::to_string(info.height) + " x " + std::to_string(info.width) +
            (info.channels == 1 ? " pixels, grey, in " : " pixels, colour, in ") +
            std::to_string(info.classes.size()) + " classes.");
        const torch::Tensor counts =
            torch::bincount(torch::cat({set.labels(Split::Train), set.labels(Split::Test)}), {},
                            static_cast<std::int64_t>(info.classes.size()));
        const torch::Tensor empty = (counts == 0).nonzero().flatten();
        if (empty.numel() > 0)
            warn(std::to_string(empty.numel()) + " of " + std::to_string(info.classes.size()) +
                 " classes have no images, the first is '" +
                 info.classes[static_cast<std::size_t>(empty[0].item<std::int64_t>())] +
                 "': check whether the labels count from 0.");
    }

    std::string m_where;
    arrays::ArrayBundle m_bundle;
    DatasetInfo m_info;
    NpzReading m_reading;
    NpzPlan m_plan;
    ValueRange m_range;
    std::vector<torch::Tensor> m_raw; ///< one array a part, as in the file
};

} // namespace

NpzReading readNpzDataset(const fs::path& location, DatasetInfo info, const Json& options)
{
    return NpzReader(location, std::move(info), options).read();
}

} // namespace assay::data
