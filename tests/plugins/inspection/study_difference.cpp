#include "plugins/inspection/difference_study.h"
#include "tests/counting_device/counting_device.h"
#include "tests/support/bench_context.h"
#include "tests/support/column_of.h"
#include "tests/support/sentence_of.h"

#include <QElapsedTimer>
#include <QTest>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

using namespace assay;
using namespace assay::test;

namespace {

Json differenceOf(const std::string& before, const std::string& after, int count)
{
    return {{"before", before}, {"after", after}, {"count", count}};
}

/// fashion-cnn with two filters of its second layer and their normalisation switched off.
std::shared_ptr<const models::Model> prunedModel(BenchContext& context)
{
    const auto model = context.model({"fashion-cnn"});
    const auto network = model->cloneNetwork();
    const torch::NoGradGuard off;
    for (auto& [name, tensor] : network->persistent())
        if (name == "conv2.weight" || name == "bn2.weight" || name == "bn2.bias")
            for (const int unit : {4, 9})
                tensor[unit].zero_();
    models::ModelCard card = model->card();
    card.name = "pruned";
    return std::make_shared<const models::Model>(network, card);
}

} // namespace

/// `models.difference` on models of the zoo.
class StudyDifference : public QObject
{
    Q_OBJECT

    const std::unique_ptr<engine::Study> m_study = inspection::makeDifferenceStudy();

private Q_SLOTS:
    void initTestCase() { countingDevice(); } // before the first gradient of the process

    /// Two moments of one training: every layer moved, a little.
    void trainingMovesAllLayers()
    {
        BenchContext context;
        m_study->run(context, differenceOf("fashion-cnn-early", "fashion-cnn", 400));
        const protocol::Table& layers = context.tables.at("layers");
        QCOMPARE(layers.columns[0].texts,
                 (std::vector<std::string>{"conv1", "bn1", "conv2", "bn2", "conv3", "bn3", "fc"}));
        for (const double relative : layers.columns[3].numbers)
            QVERIFY2(relative > 0 && relative < 1, qPrintable(QString::number(relative)));
        QCOMPARE(context.metrics.at("units.changed"), 16.0 * 2 + 32 * 2 + 64 * 2 + 10);
        QCOMPARE(context.metrics.at("units.pruned"), 0.0);
        QVERIFY(context.metrics.at("accuracy.before") > 0.85);
        QVERIFY(context.metrics.at("accuracy.after") > 0.85);
        const double changed = context.metrics.at("predictions.changed");
        QVERIFY(changed > 0 && changed < 0.1);
        QCOMPARE(static_cast<double>(context.grids.at("changed-predictions").count()), changed * 400);
        QCOMPARE(context.grids.at("changed-predictions").variants,
                 (std::vector<std::string>{"image", "saliency before", "saliency after"}));
        const protocol::Layer& cells = context.figures.at("predictions").layers.front();
        double offDiagonal = 0, all = 0;
        for (std::size_t i = 0; i < cells.z.size(); ++i) {
            all += cells.z[i];
            offDiagonal += i % 11 == 0 ? 0 : cells.z[i];
        }
        QCOMPARE(all, 400.0);
        QCOMPARE(offDiagonal, changed * 400);
        QCOMPARE(context.tables.at("activations").columns[0].texts,
                 (std::vector<std::string>{"block1", "block2", "block3", "features"}));
    }

    void aModelDoesNotDifferFromItself()
    {
        BenchContext context;
        m_study->run(context, differenceOf("fashion-cnn", "fashion-cnn", 50));
        QCOMPARE(context.metrics.at("weights.relative"), 0.0);
        QCOMPARE(context.metrics.at("units.changed"), 0.0);
        QCOMPARE(context.metrics.at("predictions.changed"), 0.0);
        QVERIFY(!context.grids.contains("changed-predictions"));
        QCOMPARE(context.tables.at("units").rows(), std::size_t(0));
        for (const double relative : context.tables.at("activations").columns[2].numbers)
            QCOMPARE(relative, 0.0);
    }

    /// What was cut is listed, the rest is not, and the view opens on it.
    void prunedFiltersAreFound()
    {
        BenchContext context;
        context.put("pruned", prunedModel(context));
        m_study->run(context, differenceOf("fashion-cnn", "pruned", 100));
        QCOMPARE(context.metrics.at("units.pruned"), 4.0); // two filters, two channels of the normalisation
        const protocol::Table& units = context.tables.at("units");
        QCOMPARE(units.rows(), std::size_t(4));
        for (std::size_t i = 0; i < 4; ++i) {
            QCOMPARE(units.columns[2].texts[i], std::string("pruned"));
            QVERIFY(units.columns[1].numbers[i] == 4 || units.columns[1].numbers[i] == 9);
        }
        const protocol::ImageGrid& filters = context.grids.at("filters");
        QCOMPARE(filters.variants, (std::vector<std::string>{"before", "after", "difference"}));
        QCOMPARE(filters.count(), std::size_t(32));
        QCOMPARE(filters.attributes.front().codes[4], 2);
        QCOMPARE(filters.attributes.front().codes[5], 0);
        QVERIFY(context.figures.at("unit-weights").title.starts_with("conv2, unit "));
    }

    void previewsAnswerALayerAndAUnit()
    {
        BenchContext context;
        context.put("pruned", prunedModel(context));
        const Json params = differenceOf("fashion-cnn", "pruned", 20);
        m_study->run(context, params);
        const auto preview = [&](const std::string& layer, int unit) {
            Json live = params;
            live["layer"] = layer;
            live["unit"] = unit;
            QElapsedTimer timer;
            timer.start();
            m_study->preview(context, live);
            return timer.elapsed();
        };
        const qint64 spent = preview("conv2", 9);
        QVERIFY2(spent < 2000, qPrintable(QString::number(spent))); // a loaded machine; some ms alone
        QCOMPARE(context.figures.at("unit-weights").title, std::string("conv2, unit 9: its numbers"));
        const protocol::Figure& weights = context.figures.at("unit-weights");
        for (const double after : weights.layers[1].y)
            QCOMPARE(after, 0.0);
        QVERIFY(std::ranges::any_of(weights.layers[0].y, [](double v) { return v != 0; }));
        // 16 inputs of 3 x 3 in four rows of four, a pixel between: 15, four times as large.
        QCOMPARE(context.grids.at("filters").width, std::uint32_t(60));

        preview("fc", 3);
        QCOMPARE(context.figures.at("unit-weights").title, std::string("fc, unit 3: its numbers"));
        QCOMPARE(context.grids.at("filters").count(), std::size_t(10));
        preview("conv1", 99999); // more than there are
        QCOMPARE(context.figures.at("unit-weights").title, std::string("conv1, unit 15: its numbers"));
        QCOMPARE(context.figures.at("unit-weights").x.categories[4], std::string("weight[0,1,1]"));
        preview("", -1); // what the run showed
        QVERIFY(context.figures.at("unit-weights").title.starts_with("conv2, unit "));
    }

    /// The rows of a perceptron's first layer are images; its taps are none, so no saliency.
    void perceptronsAreCompared()
    {
        BenchContext context;
        const auto model = context.model({"fashion-mlp"});
        const auto network = model->cloneNetwork();
        {
            const torch::NoGradGuard off;
            for (auto& [name, tensor] : network->persistent())
                if (name == "fc1.weight")
                    tensor.narrow(0, 0, 120) *= -1;
        }
        models::ModelCard card = model->card();
        card.name = "turned";
        context.put("turned", std::make_shared<const models::Model>(network, card));
        m_study->run(context, differenceOf("fashion-mlp", "turned", 60));
        QCOMPARE(context.metrics.at("units.changed"), 120.0);
        QCOMPARE(context.grids.at("filters").width, std::uint32_t(56)); // 28, doubled
        QCOMPARE(context.grids.at("changed-predictions").variants, (std::vector<std::string>{"image"}));
    }

    void others()
    {
        BenchContext context;
        QCOMPARE(
            sentenceOf([&] { m_study->run(context, differenceOf("fashion-cnn", "fashion-mlp", 20)); }),
            QString("after: 'fashion-cnn' has conv1.weight, which 'fashion-mlp' has not. Choose two models "
                    "of one architecture."));
    }

    void givesTheCpusNumbersElsewhere()
    {
        BenchContext here, there({}, countingDevice());
        m_study->run(here, differenceOf("fashion-cnn-early", "fashion-cnn", 120));
        const Transfers before = transfers();
        m_study->run(there, differenceOf("fashion-cnn-early", "fashion-cnn", 120));
        QVERIFY((transfers() - before).operators > 0);
        QCOMPARE(there.tables.at("layers").columns[3].numbers, here.tables.at("layers").columns[3].numbers);
        const std::vector<double>& a = here.tables.at("activations").columns[2].numbers;
        const std::vector<double>& b = there.tables.at("activations").columns[2].numbers;
        for (std::size_t i = 0; i < a.size(); ++i)
            QVERIFY(std::abs(a[i] - b[i]) < 1e-3);
        QCOMPARE(there.metrics.at("predictions.changed"), here.metrics.at("predictions.changed"));
    }

    /// More images cost more operators, but not a copy each: one per tap, whatever there is to sum.
    void activationsStayOnTheDevice()
    {
        const auto cost = [&](int count) {
            BenchContext context({}, countingDevice());
            const Transfers before = transfers();
            m_study->run(context, differenceOf("fashion-cnn", "fashion-cnn", count));
            return transfers() - before;
        };
        const Transfers few = cost(100), more = cost(400);
        QCOMPARE(more.toHost, few.toHost);
        QCOMPARE(more.scalars, few.scalars);
    }
};

QTEST_GUILESS_MAIN(StudyDifference)
#include "study_difference.moc"
