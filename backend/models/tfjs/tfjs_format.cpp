#include "backend/models/tfjs/tfjs_format.h"

#include "backend/models/graph/graph_import.h"
#include "backend/models/onnx/dialect.h"
#include "backend/models/tfjs/tfjs_graph.h"

#include <string_view>

namespace assay::models {

namespace tfjs {

const graph::Dialect& tfjsDialect()
{
    static const graph::Dialect dialect = [] {
        graph::Dialect made = onnx::onnxDialect(); // what toGraph() makes folds and ends as ONNX's graphs do
        made.kernels = tfjsKernels;
        return made;
    }();
    return dialect;
}

std::shared_ptr<graph::GraphNetwork> openTfjs(const std::filesystem::path& file,
                                              const graph::GraphOptions& options)
{
    return std::make_shared<graph::GraphNetwork>(toGraph(readTfjs(file), file.string()), tfjsDialect(),
                                                 options);
}

} // namespace tfjs

namespace {

using Level = protocol::Finding::Level;

bool recognises(const std::filesystem::path& file, std::span<const std::uint8_t> head)
{
    return file.extension() == ".json" &&
           tfjs::looksLikeTfjs({reinterpret_cast<const char*>(head.data()), head.size()});
}

ModelImport inspect(const std::filesystem::path& file, const ModelCorrections& corrections)
{
    ModelImport import;
    import.card = graph::importedCard(kTfjsFormat, "TensorFlow.js graph", file, corrections);
    const tfjs::TfModel model = tfjs::readTfjs(file);
    graph::Graph graph = tfjs::toGraph(model, file.string());
    import.details = graph::describeGraph(graph);
    import.details["generated_by"] = model.generatedBy;
    import.details["converted_by"] = model.convertedBy;
    if (model.quantised)
        import.findings.push_back(
            {Level::Info,
             "the weights are kept in half precision or as whole numbers; they are computed with in "
             "float32, as TensorFlow.js does."});
    if (!model.generatedBy.empty())
        import.findings.push_back({Level::Info, "made by " + model.generatedBy +
                                                    "; its terms are not those of the package it came in."});
    graph::importGraph(std::move(graph), tfjs::tfjsDialect(), corrections, import);
    return import;
}

std::shared_ptr<Network> load(const ModelCard& card, const std::filesystem::path& file)
{
    return tfjs::openTfjs(file, graph::readGraphOptions(card, file.string()));
}

} // namespace

const ModelFormat kTfjsFormat = {
    .name = "tfjs",
    .title = "TensorFlow.js graph model",
    .recognises = recognises,
    .inspect = inspect,
    .load = load,
};

} // namespace assay::models
