#include "exported.h"

#include "backend/models/onnx/dialect.h"
#include "backend/models/onnx/graph_reader.h"

#include <QProcess>

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace assay::tests {

namespace {

torch::Tensor read(const std::string& path, const std::vector<std::int64_t>& shape)
{
    torch::Tensor result = torch::empty(shape);
    std::ifstream file(path, std::ios::binary);
    file.read(static_cast<char*>(result.data_ptr()), static_cast<std::streamsize>(result.nbytes()));
    if (!file || file.peek() != std::ifstream::traits_type::eof())
        throw std::runtime_error(path + " has another size");
    return result;
}

std::vector<std::int64_t> shapeOf(const std::string& text)
{
    std::vector<std::int64_t> shape;
    std::istringstream input(text);
    for (std::string size; std::getline(input, size, 'x');)
        shape.push_back(std::stoll(size));
    return shape;
}

} // namespace

ExportedModels::ExportedModels()
{
    QProcess python;
    python.setProcessChannelMode(QProcess::MergedChannels);
    python.start("/usr/bin/python3",
                 {ASSAY_TEST_SOURCE_DIR "/tests/backend/models/onnx/make_models.py", m_folder.path()});
    if (!python.waitForFinished(240000) || python.exitCode() != 0) {
        m_failure = "make_models.py failed: " + python.readAll().right(2000).toStdString();
        return;
    }
    std::ifstream list(folder() / "models.txt");
    std::string name, input, output;
    int opset = 0;
    while (list >> name >> opset >> input >> output) {
        const std::string base = (folder() / name).string();
        m_models.push_back({name, opset, base + ".onnx", read(base + ".input", shapeOf(input)),
                            read(base + ".output", shapeOf(output)),
                            read(base + ".gradient", shapeOf(input))});
    }
}

const Exported& ExportedModels::named(const std::string& name) const
{
    for (const Exported& model : m_models) {
        if (model.name == name)
            return model;
    }
    throw std::runtime_error("no model " + name);
}

std::shared_ptr<models::graph::GraphNetwork> networkOf(const std::filesystem::path& file,
                                                       std::int64_t channels, std::int64_t batch)
{
    auto network = std::make_shared<models::graph::GraphNetwork>(
        models::onnx::readOnnx(file).graph, models::onnx::onnxDialect(),
        models::graph::GraphOptions{.input = {.channels = channels}, .batch = batch});
    network->eval();
    return network;
}

torch::Tensor pixelGradient(models::Network& network, const torch::Tensor& x)
{
    const torch::Tensor pixels = x.detach().clone().requires_grad_(true);
    const torch::Tensor loss = network.forward(pixels).amax(1).sum();
    return torch::autograd::grad({loss}, {pixels}).front();
}

} // namespace assay::tests
