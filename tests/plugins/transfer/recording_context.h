#pragma once

#include "backend/engine/run_context.h"
#include "backend/models/files/safetensors.h"
#include "backend/models/zoo.h"

#include <stdexcept>

namespace assay::test {

/// Collects what a preview of a finished run emits; reads the run's artifacts from its folder.
class RecordingContext final : public engine::RunContext
{
public:
    explicit RecordingContext(std::filesystem::path folder)
        : m_folder(std::move(folder))
    {}

    std::vector<protocol::Figure> figures;
    std::vector<protocol::ImageGrid> grids;
    std::vector<protocol::Scene> scenes;
    mutable int loads = 0; ///< how often an artifact was read

    const protocol::Figure& figureOf(const std::string& name) const
    {
        for (const protocol::Figure& f : figures)
            if (f.name == name)
                return f;
        throw std::runtime_error("no figure " + name);
    }

    const protocol::RunSpec& spec() const override { return m_spec; }
    const std::filesystem::path& folder() const override { return m_folder; }
    torch::Device device() const override { return torch::kCPU; }
    std::uint64_t seed() const override { return 0; }
    std::shared_ptr<const models::Model> model(const protocol::ModelRef& ref) override
    {
        return m_zoo.open(ref.name, torch::kCPU);
    }
    std::shared_ptr<const data::Dataset> dataset(const protocol::DatasetRef&) override { refuse(); }
    at::Generator generator(std::string_view) const override { refuse(); }
    void saveModel(std::string_view, const models::Network&, models::ModelCard) override {}
    void progress(double, double, std::string_view) override {}
    void checkpoint() override {}
    void log(std::string_view, protocol::LogLevel) override {}
    void figure(protocol::Figure figure) override { figures.push_back(std::move(figure)); }
    void table(protocol::Table) override {}
    void images(protocol::ImageGrid grid) override { grids.push_back(std::move(grid)); }
    void scene(protocol::Scene scene) override { scenes.push_back(std::move(scene)); }
    void file(std::string_view, std::string_view) override {}
    void metric(protocol::Metric) override {}
    void artifact(std::string_view, const engine::TensorMap&) override { refuse(); }
    engine::TensorMap loadArtifact(std::string_view name) const override
    {
        ++loads;
        const auto file =
            models::readSafetensors(m_folder / "artifacts" / (std::string(name) + ".safetensors"));
        return {file.tensors.begin(), file.tensors.end()};
    }
    engine::TensorMap cached(const Json&, const std::function<engine::TensorMap()>&) override { refuse(); }

private:
    /// A preview reads no images, draws nothing and leaves nothing behind.
    [[noreturn]] static void refuse() { throw std::logic_error("a preview must not need this"); }

    std::filesystem::path m_folder;
    models::ModelLibrary m_zoo{{std::filesystem::path(ASSAY_TEST_SOURCE_DIR) / "resources/zoo"}};
    protocol::RunSpec m_spec;
};

} // namespace assay::test
