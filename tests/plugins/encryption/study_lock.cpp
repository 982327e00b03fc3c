#include "plugins/encryption/lock_params.h"
#include "plugins/encryption/lock_study.h"
#include "tests/backend/data/recipes/small_scenes.h"
#include "tests/plugins/transfer/cli_run.h"
#include "tests/plugins/transfer/recording_context.h"

#include <QElapsedTimer>
#include <QTemporaryDir>

#include <algorithm>
#include <cmath>

using assay::test::CliRun;
using assay::test::CsvRow;
using assay::test::number;

/// Locks in small on scenes of real Fashion-MNIST items, through the command line. The detector learns from a
/// quarter of the images that the study takes by default and reaches an mAP of about 0.5.
class StudyLock : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    CliRun run(const QString& name, const QStringList& settings)
    {
        return {m_folder.filePath("workspace"), m_folder.filePath(name), "encryption.detector-lock",
                settings};
    }
    static QStringList small()
    {
        return {"train_count=800", "test_count=120", "epochs=13",          "batch=16",
                "layers=c1,c3",    "wrong_keys=3",   "right=0,0.5,0.75,1", "inputs=shf-4",
                "further=",        "shares=0.5",     "attack_shares=0.1",  "attack_epochs=20"};
    }
    std::map<std::string, double> m_metrics;
    double ap(const std::string& name) const { return m_metrics.at("ap." + name); }

private Q_SLOTS:
    void initTestCase()
    {
        assay::test::installSmallScenes("fashion-scenes", assay::data::drawFashionScenes,
                                        {.train = 800, .test = 120}, m_folder.filePath("data"));
        QElapsedTimer timer;
        timer.start();
        const CliRun done = run("small", small());
        qInfo("%.0f s", static_cast<double>(timer.elapsed()) / 1000);
        QVERIFY2(done.status() == 0, done.error().constData());
        m_metrics = done.metrics();
        for (const auto& [name, value] : m_metrics)
            qInfo("%s %.4g", name.c_str(), value);
    }

    void tablesAreAsPromised()
    {
        const auto rows = CliRun::tableIn(m_folder.filePath("small"), QStringLiteral("ap"));
        // Unprotected; two maps trained and put on; encrypted images; half of the channels. Three keys each.
        QCOMPARE(rows.size(), std::size_t(1 + 3 * (2 * 2 + 1 + 1)));
        for (const CsvRow& row : rows) {
            QVERIFY(number(row, "low") <= number(row, "ap") + 1e-9 &&
                    number(row, "ap") <= number(row, "high") + 1e-9);
            QCOMPARE(number(row, "n"), 120.0);
        }
        const QByteArray header = [&] {
            QFile file(m_folder.filePath("small/tables/ap.csv"));
            return file.open(QIODevice::ReadOnly) ? file.readLine().trimmed() : QByteArray();
        }();
        QCOMPARE(header, QByteArray("layer,share,key,ap,n,low,high,ap_all,transform,method"));
    }

    /// Headline: nothing lost with the key, next to nothing found without.
    void aKeyCostsNothingAndIsNeeded()
    {
        QVERIFY(ap("unprotected") >= 0.35);
        for (const std::string lock : {"c1", "c3", "c1.existing", "c3.existing"}) {
            QVERIFY2(ap(lock + ".right") >= ap("unprotected") - 0.06, lock.c_str());
            QVERIFY2(ap(lock + ".wrong") < ap(lock + ".right") / 2, lock.c_str());
        }
        for (const std::string lock : {"c3", "c3.existing"}) {
            QVERIFY(ap(lock + ".none") <= 0.1);
            QVERIFY(ap(lock + ".wrong") <= 0.1);
        }
    }

    void finishedDetectorsAnswerAsBefore()
    {
        QVERIFY(m_metrics.at("difference.existing") < 1e-5);
        QVERIFY(std::abs(ap("c3.existing.right") - ap("unprotected")) < 1e-3);
    }

    /// Why the lock sits inside the network: whoever leaves images as they are still finds objects.
    void encryptedImagesProtectLess()
    {
        QVERIFY(ap("input.shf-4.none") >= std::max(ap("c1.none"), ap("c3.none")) + 0.15);
    }

    void moreOfTheKeyFindsMore()
    {
        const auto rows = CliRun::tableIn(m_folder.filePath("small"), QStringLiteral("partial"));
        QCOMPARE(rows.size(), std::size_t(4));
        for (std::size_t i = 1; i < rows.size(); ++i)
            QVERIFY(number(rows[i], "ap") >= number(rows[i - 1], "ap") - 0.02);
        QCOMPARE(number(rows.back(), "ap"), ap("c3.right"));
        QVERIFY(number(rows.front(), "ap") <= 0.1);
    }

    void thievesWithLabelsGetThrough()
    {
        QVERIFY(ap("attack.80.stolen") >= ap("attack.80.scratch"));
        QVERIFY(ap("attack.80.stolen") > ap("c3.none") + 0.2);
    }

    /// Saved without the key: elsewhere it is the detector that finds nothing.
    void savedLocksAreUselessElsewhere()
    {
        QFile card(m_folder.filePath("small/artifacts/lock-c3.json"));
        QVERIFY(card.open(QIODevice::ReadOnly));
        const QByteArray text = card.readAll();
        QVERIFY(text.contains("Useless without the key"));
        const CliRun elsewhere(
            m_folder.filePath("workspace"), m_folder.filePath("elsewhere"), "patches.attack",
            {"models=" + m_folder.filePath("small/artifacts/lock-c3.safetensors"), "dataset=fashion-scenes",
             "place=objects", "steps=1", "batch=8", "train_count=8", "count=60", "sizes=0.3", "angles=0",
             "grid=1", "map_count=1"});
        QVERIFY2(elsewhere.status() == 0, elsewhere.error().constData());
        QVERIFY(elsewhere.metrics().at("ap.lock-c3.none") < 0.1);
    }

    void previewsAnswerAnotherKey()
    {
        using namespace assay;
        const auto study = encryption::makeDetectorLockStudy();
        encryption::lock::LockParams params;
        params.layers = {"c1", "c3"};
        test::RecordingContext context(m_folder.filePath("small").toStdString());
        const auto sceneWith = [&](const auto& change) {
            change(params);
            context.scenes.clear();
            study->preview(context, protocol::writeParams(params));
            return context.scenes.at(0);
        };
        const auto found = [](const protocol::Scene& scene) {
            return std::ranges::count_if(scene.boxes, [](const auto& box) { return box.score >= 0; });
        };
        const protocol::Scene right = sceneWith([](auto&) {});
        QVERIFY(found(right) > 0);
        QVERIFY(std::ranges::count(right.boxes, "neutral", &protocol::SceneBox::role) > 0);
        // The name of the key typed letter by letter is the key.
        const protocol::Scene typed = sceneWith([](auto& p) {
            p.viewKey = "typed";
            p.viewTyped = p.key;
        });
        QCOMPARE(typed.boxes, right.boxes);
        std::ptrdiff_t wrong = 0, none = 0, all = 0;
        QElapsedTimer timer;
        timer.start();
        for (const std::int64_t sample : right.samples) {
            all += found(sceneWith([&](auto& p) {
                p.viewKey = "right";
                p.sample = static_cast<int>(sample);
            }));
            wrong += found(sceneWith([](auto& p) {
                p.viewKey = "typed";
                p.viewTyped = "ownes";
            }));
            none += found(sceneWith([](auto& p) { p.viewKey = "none"; }));
        }
        qInfo("%.0f ms a preview, boxes %td with the key, %td, %td",
              static_cast<double>(timer.elapsed()) / (3.0 * static_cast<double>(right.samples.size())), all,
              wrong, none);
        QVERIFY(wrong < all / 2 && none < all / 2);
        const protocol::Scene parts = sceneWith([&](auto& p) {
            p.viewKey = "right";
            p.viewRight = 0.5;
            p.sample = -1;
        });
        QVERIFY(parts.boxes != right.boxes);
    }

    void wrongRequestsAreRefused()
    {
        const CliRun noBoxes = run("no-boxes", {"dataset=fashion-mnist"});
        QCOMPARE(noBoxes.status(), 1);
        QVERIFY2(
            noBoxes.error().contains("dataset: the images of 'fashion-mnist' have no boxes. Choose a set "
                                     "with boxes, such as fashion-scenes."),
            noBoxes.error().constData());
        const CliRun noMap = run("no-map", {"layers=c3,c7"});
        QVERIFY2(noMap.error().contains("layers: the detector has no map 'c7'. Choose among c1 to c4"),
                 noMap.error().constData());
        const CliRun noMain = run("no-main", {"layers=c2"});
        QVERIFY2(noMain.error().contains("main: 'c3' is none of the locks"), noMain.error().constData());
    }
};

QTEST_GUILESS_MAIN(StudyLock)
#include "study_lock.moc"
