#include "exported.h"

#include "backend/models/architectures/architectures.h"

#include <QTest>

#include <algorithm>
#include <ctime>
#include <functional>

// The same weights, once as an ONNX file and once in the built-in architecture, both folded as Model folds
// them, timed in turns in one run on one thread of the processor's clock.

using namespace assay;
using namespace assay::models;
using namespace assay::tests;

namespace {

constexpr int kRounds = 9;

double seconds(const std::function<void()>& work)
{
    const std::clock_t start = std::clock();
    work();
    return double(std::clock() - start) / CLOCKS_PER_SEC;
}

double median(std::vector<double> values)
{
    std::nth_element(values.begin(), values.begin() + std::ptrdiff_t(values.size() / 2), values.end());
    return values[values.size() / 2];
}

/// Median time of @p a over that of @p b.
double ratio(const char* what, const std::function<void()>& a, const std::function<void()>& b)
{
    std::vector<double> mine, other;
    a();
    b();
    for (int i = 0; i < kRounds; ++i) {
        mine.push_back(seconds(a));
        other.push_back(seconds(b));
    }
    qInfo("%s: ONNX %.1f ms, built in %.1f ms, ratio %.3f", what, median(mine) * 1e3, median(other) * 1e3,
          median(mine) / median(other));
    return median(mine) / median(other);
}

std::shared_ptr<Network> builtIn(const std::string& architecture, const InputSpec& input,
                                 std::int64_t classes, const Network& weights)
{
    auto network = makeNetwork(architecture, Json::object(), input, classes);
    const torch::NoGradGuard off;
    const NamedTensors from = weights.persistent();
    for (auto& [name, tensor] : network->persistent()) {
        const auto found =
            std::find_if(from.begin(), from.end(), [&](const auto& item) { return item.first == name; });
        TORCH_CHECK(found != from.end(), name);
        tensor.copy_(found->second);
    }
    network->eval();
    for (torch::Tensor& parameter : network->parameters())
        parameter.requires_grad_(false);
    return network;
}

} // namespace

class SlowOnnxSpeed : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void asFastAsBuiltIn()
    {
        at::set_num_threads(1);
        const ExportedModels models;
        QVERIFY2(models.failure().empty(), models.failure().c_str());
        struct Row
        {
            const char* file;
            const char* architecture;
            std::int64_t side, classes, batch;
        };
        for (const Row& row : {Row{"cnn13", "small_cnn", 32, 10, 25}, Row{"resnet13", "resnet18", 64, 20, 4},
                               Row{"resnet13", "resnet18", 224, 20, 4}}) {
            const auto graph = networkOf(models.named(row.file).file);
            const InputSpec input{
                .channels = 3, .height = row.side, .width = row.side, .mean = {0, 0, 0}, .stddev = {1, 1, 1}};
            const auto fixed = builtIn(row.architecture, input, row.classes, *graph);
            graph->fold();
            fixed->fold();
            const std::string label = std::string(row.file) + ", " + std::to_string(row.batch) + " of " +
                                      std::to_string(row.side) + " pixels,";
            const torch::Tensor x = torch::rand({row.batch, 3, row.side, row.side});
            QVERIFY(torch::allclose(graph->forward(x), fixed->forward(x), 1e-3, 1e-4));
            const auto forward = [&](Network& network) {
                const torch::NoGradGuard off;
                for (int i = 0; i < 3; ++i)
                    network.forward(x);
            };
            const auto gradient = [&](Network& network) {
                for (int i = 0; i < 3; ++i)
                    pixelGradient(network, x);
            };
            const double once =
                ratio((label + " forward").c_str(), [&] { forward(*graph); }, [&] { forward(*fixed); });
            const double both =
                ratio((label + " gradient").c_str(), [&] { gradient(*graph); }, [&] { gradient(*fixed); });
            // The goal is 1.1; a busy machine gets room.
            QVERIFY(once < 1.4);
            QVERIFY(both < 1.4);
        }
    }
};

QTEST_GUILESS_MAIN(SlowOnnxSpeed)
#include "slow_onnx_speed.moc"
