#include "backend/models/architectures/architectures.h"
#include "backend/models/mac_counter.h"
#include "backend/models/model_report.h"

#include <QTest>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

using namespace assay::models;

namespace {

Model modelOf(const std::string& architecture, const InputSpec& input, std::int64_t classes,
              const assay::Json& options = assay::Json::object())
{
    ModelCard card;
    card.name = architecture;
    card.architecture = architecture;
    card.input = input;
    for (std::int64_t i = 0; i < classes; ++i)
        card.classes.push_back(std::to_string(i));
    return Model(makeNetwork(architecture, options, input, classes), card);
}

InputSpec imageNet()
{
    return {3, 224, 224, {0, 0, 0}, {1, 1, 1}};
}

const LayerReport* find(const ModelReport& report, const std::string& path)
{
    const auto it = std::ranges::find(report.tree, path, &LayerReport::path);
    return it != report.tree.end() ? &*it : nullptr;
}

} // namespace

/// Costs by hand count and by published tables, and the statistics of weights.
class TestModelReport : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void countsByHand()
    {
        // 28x28x16 x 3x3x1, 14x14x32 x 3x3x16, 7x7x64 x 3x3x32, 576 x 10
        const ModelReport cnn = reportOf(modelOf("small_cnn", {}, 10));
        QCOMPARE(*cnn.macs, std::int64_t(112896 + 903168 + 903168 + 5760));
        // 784 x 256 + 256 x 128 + 128 x 10
        const ModelReport mlp = reportOf(modelOf("mlp", {}, 10));
        QCOMPARE(*mlp.macs, std::int64_t(200704 + 32768 + 1280));
        QCOMPARE(mlp.parameterCount, *mlp.macs + 256 + 128 + 10);
    }

    void agreesWithPublishedCosts_data()
    {
        QTest::addColumn<QString>("architecture");
        QTest::addColumn<double>("giga");
        // Tables of torchvision's documentation ("GFLOPS" there are multiply-adds) and, for DeiT-Ti, of
        // Touvron et al. 2021, table 5 (1.3 G, attention included).
        QTest::newRow("resnet18") << "resnet18" << 1.81;
        QTest::newRow("resnet50") << "resnet50" << 4.09;
        QTest::newRow("mobilenet_v2") << "mobilenet_v2" << 0.30;
        QTest::newRow("densenet121") << "densenet121" << 2.83;
        QTest::newRow("deit_tiny") << "deit_tiny" << 1.26;
    }
    void agreesWithPublishedCosts()
    {
        QFETCH(QString, architecture);
        QFETCH(double, giga);
        const ModelReport report = reportOf(modelOf(architecture.toStdString(), imageNet(), 1000));
        const double counted = static_cast<double>(*report.macs) / 1e9;
        qInfo("%s: %.4f G", qPrintable(architecture), counted);
        QVERIFY2(std::abs(counted - giga) < 0.0101, qPrintable(QString::number(counted)));
    }

    void makesATree()
    {
        const ModelReport report = reportOf(modelOf("small_cnn", {}, 10));
        const LayerReport* conv = find(report, "conv2");
        QVERIFY(conv);
        QCOMPARE(conv->kind, std::string("Convolution 3 x 3"));
        QCOMPARE(conv->macs.value_or(0), std::int64_t(903168));
        QCOMPARE(conv->output, (std::vector<std::int64_t>{1, 32, 14, 14}));
        const LayerReport* fc = find(report, "fc");
        QVERIFY(fc);
        QCOMPARE(fc->kind, std::string("Fully connected"));
        QCOMPARE(fc->output, (std::vector<std::int64_t>{1, 10}));
        QCOMPARE(fc->parameters, std::int64_t(5770));
        const LayerReport* norm = find(report, "bn1");
        QVERIFY(norm);
        QCOMPARE(norm->kind, std::string("Batch normalisation"));
        QVERIFY(!norm->macs);
        const LayerReport* features = find(report, "features");
        QVERIFY(features);
        QCOMPARE(features->output, (std::vector<std::int64_t>{1, 576}));
        QCOMPARE(report.output, (std::vector<std::int64_t>{1, 10}));
    }

    void sumsGroups()
    {
        const ModelReport report = reportOf(modelOf("resnet18", imageNet(), 1000));
        const LayerReport* group = find(report, "layer1");
        QVERIFY(group);
        QCOMPARE(group->kind, std::string("Group"));
        // Two blocks of two 3x3 convolutions of 64 channels at 56 x 56.
        QCOMPARE(group->macs.value_or(0), std::int64_t(4) * 56 * 56 * 64 * 64 * 9);
    }

    void describesWeights()
    {
        Model model = modelOf("mlp", {1, 2, 2, {0}, {1}}, 2, {{"widths", {2}}});
        auto weights = model.namedParameters();
        const torch::NoGradGuard off;
        weights[0].second.copy_(torch::tensor({{0.0, 1.0, 2.0, 3.0}, {4.0, 5.0, 6.0, 31.0}}));
        const ModelReport report = reportOf(model);
        const ParameterReport& first = report.parameters[0];
        QCOMPARE(first.shape, (std::vector<std::int64_t>{2, 4}));
        QCOMPARE(first.mean, 6.5);
        QVERIFY(std::abs(first.stddev - std::sqrt(89.25)) < 1e-12 * 10);
        QCOMPARE(first.min, 0.0);
        QCOMPARE(first.max, 31.0);
        QCOMPARE(first.counts[0], std::int64_t(1));  // 0, bins are 31/32 wide
        QCOMPARE(first.counts[31], std::int64_t(1)); // the last bin is closed
        QCOMPARE(std::accumulate(first.counts.begin(), first.counts.end(), std::int64_t(0)), std::int64_t(8));
    }

    void standsEqualAndBrokenWeights()
    {
        Model model = modelOf("mlp", {1, 2, 2, {0}, {1}}, 2, {{"widths", {2}}});
        auto weights = model.namedParameters();
        const torch::NoGradGuard off;
        weights[0].second.fill_(0.5);
        weights[1].second.fill_(std::numeric_limits<double>::quiet_NaN());
        const ModelReport report = reportOf(model);
        QCOMPARE(report.parameters[0].counts[0], std::int64_t(8));
        QCOMPARE(report.parameters[0].stddev, 0.0);
        QCOMPARE(report.parameters[1].notFinite, std::int64_t(2));
        QCOMPARE(report.parameters[1].mean, 0.0);
        QCOMPARE(report.findings.size(), std::size_t(1));
        QCOMPARE(report.findings[0].text,
                 std::string("2 weights are infinite or not a number. Export the network again."));
    }

    void countsTransposedAndGroupedConvolutions()
    {
        const torch::NoGradGuard off;
        const auto grouped = countOperators([] {
            torch::conv2d(torch::zeros({2, 4, 9, 9}), torch::zeros({8, 2, 3, 3}), {}, 2, 1, 1, 2);
        });
        QCOMPARE(grouped.size(), std::size_t(1));
        QCOMPARE(grouped[0].output, (std::vector<std::int64_t>{2, 8, 5, 5}));
        QCOMPARE(grouped[0].macs, std::int64_t(2 * 5 * 5 * 8 * 2 * 9));
        const auto transposed = countOperators([] {
            torch::conv_transpose2d(torch::zeros({1, 3, 5, 5}), torch::zeros({3, 4, 2, 2}), {}, 2);
        });
        QCOMPARE(transposed.size(), std::size_t(1));
        QCOMPARE(transposed[0].output, (std::vector<std::int64_t>{1, 4, 10, 10}));
        QCOMPARE(transposed[0].macs, std::int64_t(5 * 5 * 3 * 4 * 4));
    }

    void measuresSpeed()
    {
        const Model model = modelOf("mlp", {}, 10);
        QVERIFY(imagesPerSecond(model, std::chrono::milliseconds(100)) > 100);
    }
};

QTEST_GUILESS_MAIN(TestModelReport)
#include "tst_model_report.moc"
