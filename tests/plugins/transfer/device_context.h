#pragma once

#include "backend/data/catalogue.h"
#include "backend/engine/devices.h"
#include "backend/engine/run_context.h"
#include "backend/models/zoo.h"

#include <QString>

#include <cmath>
#include <stdexcept>

namespace assay::test {

/// Runs a study in this process, on any device, with the models of the zoo, and keeps what it emits in
/// memory.
class DeviceContext final : public engine::RunContext
{
public:
    explicit DeviceContext(torch::Device device)
        : m_device(device)
    {}

    std::map<std::string, protocol::Table> tables; ///< as last emitted
    std::map<std::string, double> metrics;
    std::int64_t checkpoints = 0;

    const protocol::RunSpec& spec() const override { return m_spec; }
    const std::filesystem::path& folder() const override { return m_folder; }
    torch::Device device() const override { return m_device; }
    std::uint64_t seed() const override { return 0; }
    std::shared_ptr<const models::Model> model(const protocol::ModelRef& ref) override
    {
        return m_zoo.open(ref.name, m_device);
    }
    std::shared_ptr<const data::Dataset> dataset(const protocol::DatasetRef& ref) override
    {
        return m_datasets.open(ref.name);
    }
    at::Generator generator(std::string_view stream) const override
    {
        return engine::makeGenerator(torch::kCPU, seed(), stream);
    }
    void progress(double, double, std::string_view) override {}
    void checkpoint() override { ++checkpoints; }
    void log(std::string_view, protocol::LogLevel) override {}
    void figure(protocol::Figure) override {}
    void table(protocol::Table table) override { tables[table.name] = std::move(table); }
    void images(protocol::ImageGrid) override {}
    void scene(protocol::Scene) override {}
    void file(std::string_view, std::string_view) override {}
    void saveModel(std::string_view, const models::Network&, models::ModelCard) override {}
    void metric(protocol::Metric metric) override { metrics[metric.name] = metric.value; }
    void artifact(std::string_view name, const engine::TensorMap& tensors) override
    {
        for (const auto& [key, tensor] : tensors)
            m_artifacts[std::string(name)][key] = tensor.cpu();
    }
    engine::TensorMap loadArtifact(std::string_view name) const override
    {
        return m_artifacts.at(std::string(name));
    }
    engine::TensorMap cached(const Json&, const std::function<engine::TensorMap()>& compute) override
    {
        return compute();
    }

private:
    torch::Device m_device;
    protocol::RunSpec m_spec;
    std::filesystem::path m_folder;
    models::ModelLibrary m_zoo{{std::filesystem::path(ASSAY_TEST_SOURCE_DIR) / "resources/zoo"}};
    data::DatasetCatalogue m_datasets;
    std::map<std::string, engine::TensorMap> m_artifacts;
};

/// The first place where two runs' tables differ by more than @p tolerance; empty: nowhere. Columns of
/// seconds are left out.
inline QString firstDifference(const DeviceContext& a, const DeviceContext& b, double tolerance)
{
    if (a.tables.empty() || a.tables.size() != b.tables.size())
        return QStringLiteral("%1 and %2 tables").arg(a.tables.size()).arg(b.tables.size());
    for (const auto& [name, table] : a.tables) {
        const auto other = b.tables.find(name);
        if (other == b.tables.end() || other->second.columns.size() != table.columns.size())
            return QString::fromStdString(name);
        for (std::size_t c = 0; c < table.columns.size(); ++c) {
            const protocol::Column &one = table.columns[c], &two = other->second.columns[c];
            const QString where = QString::fromStdString(name + "." + one.name);
            if (one.name == "seconds")
                continue;
            if (one.texts != two.texts || one.numbers.size() != two.numbers.size())
                return where;
            for (std::size_t i = 0; i < one.numbers.size(); ++i) {
                const bool both = std::isnan(one.numbers[i]) && std::isnan(two.numbers[i]);
                if (!both && !(std::abs(one.numbers[i] - two.numbers[i]) <= tolerance))
                    return QStringLiteral("%1[%2]: %3, %4")
                        .arg(where)
                        .arg(i)
                        .arg(one.numbers[i])
                        .arg(two.numbers[i]);
            }
        }
    }
    return {};
}

} // namespace assay::test
