#include "plugins/calibration/reliability_live.h"
#include "tests/plugins/transfer/recording_context.h"

#include <QTemporaryDir>
#include <QTest>
#include <torch/types.h>

#include <atomic>
#include <cmath>
#include <filesystem>
#include <memory>
#include <thread>
#include <vector>

using namespace assay::confidence;
using assay::test::RecordingContext;

/// What previews keep of a run, and which threads may let go of it.
class TestReliabilityLive : public QObject
{
    Q_OBJECT

    /// Just so many that they are not sorted.
    static constexpr std::int64_t kSamples = ReliabilityScene::kMostLinked + 1;
    static constexpr std::size_t kLogitBytes = std::size_t(kSamples) * 2 * sizeof(float);

    QTemporaryDir m_folder;

    std::filesystem::path folder(const char* name) const
    {
        return m_folder.filePath(QString::fromLatin1(name)).toStdString();
    }

private Q_SLOTS:
    void initTestCase()
    {
        ReliabilityResults results;
        results.answers = {.model = "made", .classes = {"a", "b"}};
        results.answers.ids = torch::arange(kSamples, torch::kInt64);
        results.answers.labels = results.answers.ids * 7 % 2;
        results.fitted = torch::zeros({kSamples}, torch::kBool);
        for (const char* name : {"one", "two"}) {
            const double slope = name[0] == 'o' ? 0.7 : 0.9;
            results.answers.logits = ((torch::arange(2 * kSamples, torch::kFloat64) * slope).sin() * 4)
                                         .to(torch::kFloat32)
                                         .view({-1, 2});
            std::filesystem::create_directories(folder(name) / "artifacts");
            const auto tensors = toTensors(results);
            assay::models::writeSafetensors(folder(name) / "artifacts/outcomes.safetensors",
                                            {tensors.begin(), tensors.end()});
        }
    }

    void theLastRunIsKept()
    {
        LiveScenes scenes(kLogitBytes);
        const RecordingContext one(folder("one")), two(folder("two"));
        const std::weak_ptr<const LiveScene> first = scenes.at(one, 1.5);
        QVERIFY(!first.expired());
        QVERIFY(scenes.at(one, 1.5) == first.lock());
        scenes.at(one, 2);
        QVERIFY(first.expired());
        QCOMPARE(one.loads, 1);
        scenes.at(two, 2);
        scenes.at(one, 2);
        QCOMPARE(one.loads, 2);
        QCOMPARE(two.loads, 1);
    }

    void moreThanTheBoundIsNot()
    {
        LiveScenes scenes(kLogitBytes - 1);
        const RecordingContext one(folder("one"));
        const std::shared_ptr<const LiveScene> first = scenes.at(one, 2);
        const double nll = first->scene.liveNll();
        const std::weak_ptr<const LiveScene> second = scenes.at(one, 2);
        QVERIFY(second.expired());
        QCOMPARE(one.loads, 2);
        QCOMPARE(LiveScenes(kLogitBytes).at(one, 2)->scene.liveNll(), nll);
    }

    void theLastOwnerHandsTheBufferBack()
    {
        const RecordingContext one(folder("one"));
        const auto run = LiveScenes().at(one, 1)->run;
        const auto spare = std::make_shared<SpareBuffer>();
        auto scene = std::make_shared<const LiveScene>(run, 2, spare);
        std::shared_ptr<const LiveScene> other = scene;
        scene.reset();
        QVERIFY(spare->take().empty()); // still read
        std::thread([&other] { other.reset(); }).join();
        QCOMPARE(spare->take().size(), std::size_t(kSamples));
        QVERIFY(spare->take().empty());
    }

    /// While one thread reads a moment the others go on: nobody writes into what is read.
    void manyThreadsDrag()
    {
        const RecordingContext one(folder("one"));
        LiveScenes scenes;
        const auto expected = [&](double temperature) {
            return liveNumbers(LiveScenes().at(one, temperature)->scene, 15).values;
        };
        const std::vector<std::vector<double>> numbers = {expected(0.5), expected(1), expected(3)};
        std::atomic<int> wrong = 0;
        {
            std::vector<std::jthread> threads;
            for (int t = 0; t < 3; ++t)
                threads.emplace_back([&, t] {
                    for (int i = 0; i < 12; ++i) {
                        const auto which = static_cast<std::size_t>((i + t) % 3);
                        const double temperature = which == 0 ? 0.5 : which == 1 ? 1 : 3;
                        const auto live = scenes.at(one, temperature);
                        const auto found = liveNumbers(live->scene, 15).values;
                        for (std::size_t v = 0; v < found.size(); ++v) // what is left out is no number
                            wrong += !(found[v] == numbers[which][v]) && !std::isnan(numbers[which][v]);
                        // Read, not kept from before: what another moment would have written over.
                        const ReliabilityScene again(live->run->results, temperature, live->run->tempered);
                        wrong += live->scene.meanConfidence() != again.meanConfidence();
                    }
                });
        }
        QCOMPARE(wrong.load(), 0);
    }
};

QTEST_GUILESS_MAIN(TestReliabilityLive)
#include "tst_reliability_live.moc"
