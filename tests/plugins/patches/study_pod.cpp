#include "plugins/patches/pod_params.h"
#include "plugins/patches/pod_study.h"
#include "tests/backend/data/recipes/small_scenes.h"
#include "tests/plugins/transfer/cli_run.h"
#include "tests/plugins/transfer/recording_context.h"

#include <torch/types.h>

#include <QElapsedTimer>
#include <QTemporaryDir>

#include <algorithm>
#include <cmath>

using assay::test::CliRun;
using assay::test::CsvRow;
using assay::test::number;

/// POD in small on composites of real Fashion-MNIST items, through the command line.
class StudyPod : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    std::vector<CsvRow> m_ap;
    std::map<std::string, double> m_metrics;

    CliRun run(const QString& name, const QStringList& settings)
    {
        return {m_folder.filePath("workspace"), m_folder.filePath(name), "patches.pod", settings};
    }
    static QStringList small()
    {
        return {"train_count=500",  "test_count=80",       "epochs=9",
                "repeats=2",        "trainings=naive,pod", "attacks=scattered,black,advpatch,hcb",
                "sizes=0.2",        "shapes=circle",       "patch_steps=60",
                "patch_restarts=1", "patch_images=100",    "search_count=20",
                "particles=15",     "defences=median"};
    }
    double ap(const std::string& training, const std::string& attack) const
    {
        return m_metrics.at("ap." + training + '.' + attack);
    }

private Q_SLOTS:
    void initTestCase()
    {
        assay::test::installSmallScenes("garment-scenes", assay::data::drawGarmentScenes,
                                        {.train = 500, .test = 80}, m_folder.filePath("data"));
        QElapsedTimer timer;
        timer.start();
        const CliRun done = run("small", small());
        qInfo("%.0f s", static_cast<double>(timer.elapsed()) / 1000);
        QVERIFY2(done.status() == 0, done.error().constData());
        m_ap = done.table("ap");
        m_metrics = done.metrics();
        for (const auto& [name, value] : m_metrics)
            qInfo("%s %.3f", name.c_str(), value);
        // Clean, four attacks, and of two of them a further size and a further shape; of the naive detector
        // all but these with the filter, too.
        QCOMPARE(m_ap.size(), std::size_t(2 * (2 * (5 + 2 * 2) + 5)));
        for (const CsvRow& row : m_ap) {
            QVERIFY(number(row, "low") <= number(row, "ap_person") &&
                    number(row, "ap_person") <= number(row, "high"));
            QCOMPARE(number(row, "n"), row.at("attack") == "hcb" ? 20.0 : 80.0);
        }
        QCOMPARE(done.table("missed").size(), 4 * m_ap.size());
        QCOMPARE(done.table("trainings").size(), std::size_t(2 * 2));
    }

    void learnedPatchesBlindTheUndefendedDetector()
    {
        QVERIFY(ap("naive", "clean") > 0.8);
        QVERIFY(ap("naive", "advpatch") < ap("naive", "clean") - 0.3);
    }

    /// Single trainings of this size scatter: over four pairs the gain under AdvPatch was 0.14 to 0.34, and
    /// one detector in four gained nothing under HOTCOLD. Means of two trainings each hold for any two of
    /// them.
    void podWithstandsPatchesItHasNotSeen()
    {
        QVERIFY(ap("pod", "advpatch") > ap("naive", "advpatch") + 0.1);
        QVERIFY(ap("pod", "black") > ap("naive", "black"));
        QVERIFY(ap("pod", "hcb") > ap("naive", "hcb"));
        QVERIFY(ap("pod", "clean") > ap("naive", "clean") - 0.05);
        QVERIFY(m_metrics.at("ap_patch.pod.scattered") > 0.5);
    }

    void detectorsCanBeUsedElsewhere()
    {
        const QString pod = m_folder.filePath("small/artifacts/pod-1.safetensors");
        const CliRun again =
            run("again", {"models=" + pod, "trainings=naive", "train_count=32", "test_count=80", "epochs=1",
                          "repeats=1", "attacks=black", "sizes=", "shapes=", "defences=", "patch_images=8",
                          "search_count=8"});
        QVERIFY2(again.status() == 0, again.error().constData());
        for (const char* attack : {"none", "black"}) {
            const auto row = std::ranges::find_if(m_ap, [&](const CsvRow& r) {
                return r.at("model") == "pod-1" && r.at("attack") == attack && r.at("shape") != "circle" &&
                       r.at("size") != "0.2";
            });
            QVERIFY(row != m_ap.end());
            const std::string name = std::string_view(attack) == "none" ? "clean" : attack;
            QCOMPARE(again.metrics().at("ap.pod-1." + name), number(*row, "ap_person"));
        }
    }

    void trainingsComeFromTheCache()
    {
        QStringList settings = small();
        settings.replaceInStrings("trainings=naive,pod", "trainings=pod");
        settings.replaceInStrings("attacks=scattered,black,advpatch,hcb", "attacks=black");
        const CliRun again = run("cached", settings);
        QVERIFY2(again.status() == 0, again.error().constData());
        QCOMPARE(again.metrics().at("ap.pod.clean"), ap("pod", "clean"));
        QCOMPARE(again.metrics().at("ap.pod.black"), ap("pod", "black"));
        // Times are those of when the detectors were trained: nothing was trained again.
        const std::vector<CsvRow> first =
            CliRun::tableIn(m_folder.filePath("small"), QStringLiteral("trainings"));
        for (const CsvRow& row : again.table("trainings"))
            QVERIFY(std::ranges::any_of(first, [&](const CsvRow& other) {
                return other.at("model") == row.at("model") && other.at("seconds") == row.at("seconds");
            }));
    }

    void previewsAnswerAMovedPatch()
    {
        using namespace assay;
        const auto study = patches::makePodStudy();
        patches::pod::PodParams params;
        params.trainings = {"naive", "pod"};
        params.viewTraining = "naive";
        test::RecordingContext context(m_folder.filePath("small").toStdString());
        const auto sceneWith = [&](const auto& change) {
            change(params);
            context.scenes.clear();
            study->preview(context, protocol::writeParams(params));
            return context.scenes.at(0);
        };
        const protocol::Scene none = sceneWith([](auto& p) { p.viewPatch = "none"; });
        QVERIFY(none.patch.pixels.empty());
        QCOMPARE(none.pictures[0].pixels, none.pictures[1].pixels);
        const auto truth = std::ranges::find(none.boxes, "neutral", &protocol::SceneBox::role);
        QVERIFY(truth != none.boxes.end());
        QElapsedTimer timer;
        timer.start();
        const protocol::Scene patched = sceneWith([&](auto& p) {
            p.viewTraining = "pod";
            p.viewPatch = "black";
            p.x = (truth->x + truth->width / 2) / none.width;
            p.y = (truth->y + truth->height / 2) / none.height;
            p.patchSize = 0.16;
            p.sample = static_cast<int>(none.samples[0]);
            p.score = 0.3;
        });
        qInfo("preview: %lld ms", timer.elapsed());
        QCOMPARE(patched.patch.xField, "patch_x");
        QVERIFY(std::abs(patched.patch.x - truth->x - truth->width / 2) < 1e-9);
        QVERIFY(patched.pictures[0].pixels != patched.pictures[1].pixels);
        QVERIFY(std::ranges::count(patched.boxes, "different", &protocol::SceneBox::role) >= 1);
    }

    void wrongRequestsAreRefused()
    {
        const CliRun noBoxes = run("no-boxes", {"dataset=fashion-mnist"});
        QCOMPARE(noBoxes.status(), 1);
        QVERIFY2(noBoxes.error().contains(
                     "dataset: the images of 'fashion-mnist' have no boxes. Choose a set with "
                     "boxes, such as garment-scenes."),
                 noBoxes.error().constData());
        const CliRun noClass = run("no-class", {"object_class=horse"});
        QVERIFY2(
            noClass.error().contains("object_class: 'garment-scenes' has no boxes of 'horse'. Leave it empty "
                                     "for 'garment'."),
            noClass.error().constData());
    }
};

QTEST_GUILESS_MAIN(StudyPod)
#include "study_pod.moc"
