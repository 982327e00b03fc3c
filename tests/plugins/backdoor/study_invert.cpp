#include "backend/poisoning/poison.h"
#include "plugins/backdoor/invert_params.h"
#include "plugins/backdoor/invert_study.h"
#include "tests/support/bench_context.h"
#include "tests/support/column_of.h"
#include "tests/support/sentence_of.h"

#include <torch/types.h>

#include <QElapsedTimer>
#include <QTest>

#include <algorithm>

using namespace assay;
using assay::test::BenchContext;
using assay::test::column;

namespace {

constexpr std::int64_t kInvertTarget = 2;

} // namespace

/// Neural Cleanse on the zoo: a network with a backdoor and one of the same architecture without.
class StudyInvert : public QObject
{
    Q_OBJECT

    const std::unique_ptr<engine::Study> m_study = backdoor::makeInvertStudy();
    BenchContext m_planted, m_clean;

    static std::vector<double> norms(BenchContext& context)
    {
        return column(context.tables.at("inversion"), "mask_l1").numbers;
    }
    Json invertSettings(const char* model) const
    {
        return {{"model", model}, {"defender", 200}, {"count", 500},
                {"steps", 240},   {"batch", 12},     {"unlearn_images", 2000}};
    }

private Q_SLOTS:
    void initTestCase()
    {
        QElapsedTimer timer;
        timer.start();
        Json planted = invertSettings("fashion-badnets-vgg");
        planted["unlearn"] = true;
        m_study->run(m_planted, planted);
        qInfo("planted %.1f s", double(timer.restart()) / 1000);
        m_study->run(m_clean, invertSettings("fashion-vgg"));
        qInfo("innocent %.1f s", double(timer.restart()) / 1000);
        for (BenchContext* context : {&m_planted, &m_clean}) {
            QString line;
            for (std::size_t i = 0; i < 10; ++i)
                line +=
                    QStringLiteral(" %1 (%2)")
                        .arg(norms(*context)[i], 0, 'f', 1)
                        .arg(column(context->tables.at("inversion"), "anomaly_index").numbers[i], 0, 'f', 1);
            qInfo("norms (index):%s", qPrintable(line));
        }
        for (const auto& [name, value] : m_planted.metrics)
            qInfo("%s %.3f", name.c_str(), value);
    }

    void theTargetHasTheSmallestMaskAndIsFlagged()
    {
        const std::vector<double> all = norms(m_planted);
        QCOMPARE(std::int64_t(std::ranges::min_element(all) - all.begin()), kInvertTarget);
        QCOMPARE(column(m_planted.tables.at("inversion"), "flagged").texts[kInvertTarget],
                 std::string("yes"));
        QVERIFY(m_planted.metrics.at("target_anomaly_index") > 2);
        QVERIFY(m_planted.metrics.at("asr.recovered") > 0.9);
        // Where the planted square is: changes point the same way.
        QVERIFY(m_planted.metrics.at("change_cosine") > 0.3);
    }

    void anInnocentNetworkHasNoSuchClass()
    {
        const std::vector<double> all = norms(m_clean);
        QVERIFY(std::ranges::min(all) > 2 * norms(m_planted)[kInvertTarget]);
        QVERIFY(column(m_clean.tables.at("inversion"), "iou").numbers.empty() ||
                std::isnan(column(m_clean.tables.at("inversion"), "iou").numbers[0]));
        QVERIFY(!m_clean.metrics.contains("target_flagged"));
    }

    /// Fine-tuning with the recovered trigger closes the door, without it hardly.
    void unlearningClosesTheDoor()
    {
        const auto& m = m_planted.metrics;
        QVERIFY(m.at("asr.suspect") > 0.9);
        QVERIFY(m.at("asr.unlearned") < 0.3);
        QVERIFY(m.at("asr.unlearned") < m.at("asr.fine-tuned") - 0.3);
        QVERIFY(m.at("clean.unlearned") > m.at("clean.suspect") - 0.04);
        const auto saved = m_planted.model({"unlearned"});
        QCOMPARE(saved->card().recipe["fine_tuned"]["from"].get<std::string>(),
                 std::string("fashion-badnets-vgg"));
        QVERIFY(poisoning::plantedIn(saved->card().recipe, "card").has_value());
    }

    void theTriggerIsLeftAsAPatch()
    {
        const engine::TensorMap patch = m_planted.loadArtifact("recovered");
        QCOMPARE(patch.at("patch").sizes(), torch::IntArrayRef({1, 28, 28}));
        QCOMPARE(patch.at("mask").sizes(), torch::IntArrayRef({1, 28, 28}));
        QVERIFY(m_planted.files.at("recovered.png").starts_with("\x89PNG"));
    }

    void thePreviewShowsAnotherClassAndThreshold()
    {
        backdoor::InvertParams p;
        p.model = {"fashion-badnets-vgg"};
        p.viewClass = "Bag";
        p.threshold = 90;
        m_study->preview(m_planted, protocol::writeParams(p)); // what is opened once is opened
        QElapsedTimer timer;
        timer.start();
        m_study->preview(m_planted, protocol::writeParams(p));
        qInfo("preview %lld ms", static_cast<long long>(timer.elapsed()));
        const protocol::Scene bag = m_planted.scenes.back();
        QCOMPARE(bag.patch.name, std::string("recovered-8"));
        QCOMPARE(bag.pictures.size(), std::size_t(3));
        QCOMPARE(column(m_planted.tables.at("inversion"), "flagged").texts[kInvertTarget], std::string("no"));
        p.viewClass = "";
        p.sample = int(bag.samples.at(1));
        m_study->preview(m_planted, protocol::writeParams(p));
        QCOMPARE(m_planted.scenes.back().patch.name, std::string("recovered-2"));
        QCOMPARE(m_planted.scenes.back().sample, bag.samples.at(1));
        p.viewClass = "Bags";
        QCOMPARE(test::sentenceOf([&] { m_study->preview(m_planted, protocol::writeParams(p)); }),
                 QStringLiteral("class: there is no class 'Bags'. Did you mean 'Bag'?"));
    }
};

QTEST_GUILESS_MAIN(StudyInvert)
#include "study_invert.moc"
