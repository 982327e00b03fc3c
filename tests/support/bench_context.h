#pragma once

#include "backend/data/catalogue.h"
#include "backend/engine/devices.h"
#include "backend/engine/run_context.h"
#include "backend/models/files/safetensors.h"
#include "backend/models/zoo.h"
#include "backend/protocol/consistency.h"

#include <map>
#include <string>
#include <vector>

namespace assay::test {

/// Runs or previews a study in this process, with the zoo's models and the installed data sets,
/// and keeps what it emits. Artifacts are kept in memory or, of a run made before, read from its folder.
class BenchContext final : public engine::RunContext
{
public:
    /// @param folder of a finished run; empty: none.
    explicit BenchContext(std::filesystem::path folder = {}, torch::Device device = torch::kCPU)
        : m_folder(std::move(folder))
        , m_device(device)
    {}

    std::map<std::string, protocol::Table> tables; ///< as last emitted
    std::map<std::string, protocol::Figure> figures;
    std::map<std::string, protocol::ImageGrid> grids;
    std::vector<std::string> logs;
    std::map<std::string, double> metrics;
    std::vector<protocol::Scene> scenes;
    std::map<std::string, std::string> files;

    const protocol::RunSpec& spec() const override { return m_spec; }
    const std::filesystem::path& folder() const override { return m_folder; }
    torch::Device device() const override { return m_device; }
    std::uint64_t seed() const override { return 0; }
    std::shared_ptr<const models::Model> model(const protocol::ModelRef& ref) override
    {
        auto& opened = m_models[ref.name];
        if (!opened)
            opened = m_zoo.open(ref.name, m_device);
        return opened;
    }
    std::shared_ptr<const data::Dataset> dataset(const protocol::DatasetRef& ref) override
    {
        auto& opened = m_datasets[ref.name];
        if (!opened)
            opened = m_catalogue.open(ref.name);
        return opened;
    }
    at::Generator generator(std::string_view stream) const override
    {
        return engine::makeGenerator(torch::kCPU, seed(), stream);
    }
    void progress(double, double, std::string_view) override {}
    void checkpoint() override {}
    void log(std::string_view text, protocol::LogLevel) override { logs.emplace_back(text); }
    void figure(protocol::Figure figure) override
    {
        protocol::checkConsistent(figure);
        figures[figure.name] = std::move(figure);
    }
    void table(protocol::Table table) override { tables[table.name] = std::move(table); }
    void images(protocol::ImageGrid grid) override
    {
        protocol::checkConsistent(grid);
        grids[grid.name] = std::move(grid);
    }
    void scene(protocol::Scene scene) override { scenes.push_back(std::move(scene)); }
    void file(std::string_view name, std::string_view bytes) override { files[std::string(name)] = bytes; }
    /// Kept in memory, to be opened by its name.
    void saveModel(std::string_view name, const models::Network& network, models::ModelCard card) override
    {
        card.name = name;
        put(std::string(name), std::make_shared<models::Model>(network.copy(), std::move(card)));
    }
    void metric(protocol::Metric metric) override { metrics[metric.name] = metric.value; }
    void artifact(std::string_view name, const engine::TensorMap& tensors) override
    {
        m_artifacts[std::string(name)] = tensors;
    }
    engine::TensorMap loadArtifact(std::string_view name) const override
    {
        if (m_folder.empty())
            return m_artifacts.at(std::string(name));
        const auto read =
            models::readSafetensors(m_folder / "artifacts" / (std::string(name) + ".safetensors"));
        return {read.tensors.begin(), read.tensors.end()};
    }
    engine::TensorMap cached(const Json&, const std::function<engine::TensorMap()>& compute) override
    {
        return compute();
    }

    /// A data set that is not installed, under its name.
    void put(const std::string& name, std::shared_ptr<const data::Dataset> set) { m_datasets[name] = set; }
    void put(const std::string& name, std::shared_ptr<const models::Model> model) { m_models[name] = model; }

private:
    std::filesystem::path m_folder;
    torch::Device m_device;
    protocol::RunSpec m_spec;
    models::ModelLibrary m_zoo{{std::filesystem::path(ASSAY_TEST_SOURCE_DIR) / "resources/zoo"}};
    data::DatasetCatalogue m_catalogue;
    std::map<std::string, std::shared_ptr<const models::Model>> m_models;
    std::map<std::string, std::shared_ptr<const data::Dataset>> m_datasets;
    std::map<std::string, engine::TensorMap> m_artifacts;
};

} // namespace assay::test
