#include "page_driver.h"

#include "app/workbench/shell/document_tabs.h"
#include "widgets/canvas/image_canvas.h"
#include "widgets/studies/live_bar.h"
#include "widgets/studies/results_view.h"
#include "widgets/studies/scene_card.h"
#include "widgets/studies/scene_view.h"
#include "widgets/studies/study_document.h"

#include <QAbstractSpinBox>
#include <QElapsedTimer>
#include <QMouseEvent>
#include <QTest>

#include <algorithm>

using namespace assay;
using namespace assay::test;
using widgets::ResultCard;
using widgets::SceneCard;
using workbench::ThemeKeeper;

/// Encrypted images in the real window over the real engine: the key is turned and the image scrambles, a
/// block is followed to where it went; of a small attack a cell of the matrix is opened and its pictures are
/// seen.
class GuiEncryption : public QObject
{
    Q_OBJECT

    std::unique_ptr<WindowDriver> m_driver;
    std::unique_ptr<PageDriver> m_explore;
    std::unique_ptr<PageDriver> m_attack;

    std::unique_ptr<PageDriver> document(const char* study, const Json& params)
    {
        protocol::RunSpec spec{.study = study, .device = "cpu"};
        spec.params = params;
        return std::make_unique<PageDriver>(*m_driver, m_driver->window().tabs().addDocument(spec));
    }
    SceneCard* card(const char* scene) const
    {
        return static_cast<SceneCard*>(
            m_explore->results()->card(ResultCard::Kind::Scene, QString::fromLatin1(scene)));
    }
    std::shared_ptr<const protocol::Scene> scene(const char* name) const { return card(name)->scene(); }
    bool isSettled() const { return !m_explore->document()->record()->isExpectingPreview(); }
    /// Where the box of that label lies on the scene of blocks.
    QPointF boxAt(const std::string& label) const
    {
        const auto shown = scene("blocks");
        const auto box = std::ranges::find(shown->boxes, label, &protocol::SceneBox::label);
        return box == shown->boxes.end() ? QPointF(-1, -1) : QPointF(box->x, box->y);
    }
    void mouse(QEvent::Type type, const QPointF& image)
    {
        auto* canvas = card("blocks")->view()->canvas();
        QWidget* view = canvas->view();
        const QPointF at = canvas->toView(image);
        QMouseEvent event(type, at, view->mapToGlobal(at),
                          type == QEvent::MouseMove ? Qt::NoButton : Qt::LeftButton,
                          type == QEvent::MouseButtonRelease ? Qt::NoButton : Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(view, &event);
    }

private Q_SLOTS:
    void initTestCase()
    {
        m_driver = std::make_unique<WindowDriver>(QSize(1400, 900));
        QVERIFY(m_driver->waitForCatalogue());
        m_explore = document("encryption.explore", {{"count", 64}});
        QVERIFY(m_explore->run());
        QVERIFY(m_explore->shows(
            {"histogram-plain", "histogram-encrypted", "correlation", "neighbours", "attacks", "jpeg"}));
        QVERIFY(card("image") && card("blocks"));
    }

    /// Every turn another ciphertext; the plain image stays.
    void theImageScramblesUnderTheKey()
    {
        auto* number = m_explore->live()->findChild<QAbstractSpinBox*>("field:key");
        QVERIFY(number);
        QList<double> waits;
        const auto plain = scene("image")->pictures[1];
        for (int turn = 0; turn < 12; ++turn) {
            const auto image = scene("image");
            const auto histogram = m_explore->figure("histogram-encrypted");
            QElapsedTimer since;
            since.start();
            QTest::keyClick(number, Qt::Key_Up);
            QTRY_VERIFY_WITH_TIMEOUT(scene("image") != image, 10000);
            QTRY_VERIFY_WITH_TIMEOUT(isSettled(), 10000);
            waits << double(since.nsecsElapsed()) / 1e6;
            QVERIFY(scene("image")->pictures[0].pixels != image->pictures[0].pixels);
            QCOMPARE(scene("image")->pictures[1], plain);
            QVERIFY(m_explore->figure("histogram-encrypted") != histogram);
        }
        std::ranges::sort(waits);
        qInfo("from the key to the whole answer: median %.0f ms, longest %.0f ms", waits[6], waits.last());
        QCOMPARE(m_explore->live()->values()["key"].get<int>(), 13);
        m_driver->screenshot("encryption-key");
    }

    void aStepIsSwitchedOff()
    {
        const auto before = scene("image");
        m_explore->live()->change({{"permute", false}, {"block", 8}});
        QTRY_VERIFY_WITH_TIMEOUT(scene("image") != before && isSettled(), 10000);
        // Unmoved, a block goes where it was.
        const double half = scene("blocks")->width - scene("blocks")->height;
        QCOMPARE(boxAt("to"), boxAt("from") + QPointF(half, 0));
        m_explore->live()->change({{"permute", true}});
        QTRY_VERIFY_WITH_TIMEOUT(boxAt("to") != boxAt("from") + QPointF(half, 0) && isSettled(), 10000);
    }

    /// The frame is dragged over the plain picture; where the block went is outlined beside it.
    void aBlockIsFollowed()
    {
        m_explore->results()->ensureWidgetVisible(card("blocks"));
        QTRY_VERIFY(card("blocks")->view());
        m_driver->settle(300);
        const QPointF from = card("blocks")->view()->canvas()->patch().centre;
        QList<double> waits;
        mouse(QEvent::MouseButtonPress, from);
        for (const QPointF to : {QPointF(4, 4), QPointF(12, 20), QPointF(28, 28)}) {
            QElapsedTimer since;
            since.start();
            mouse(QEvent::MouseMove, to);
            const QPointF corner(std::floor(to.x() / 8) * 8, std::floor(to.y() / 8) * 8);
            QTRY_COMPARE_WITH_TIMEOUT(boxAt("from"), corner, 10000);
            waits << double(since.nsecsElapsed()) / 1e6;
        }
        mouse(QEvent::MouseButtonRelease, QPointF(28, 28));
        std::ranges::sort(waits);
        qInfo("from the frame to the outline: median %.0f ms", waits[1]);
        QTRY_VERIFY_WITH_TIMEOUT(isSettled(), 10000);
        const QPointF went = boxAt("to");
        // What lies in the outline is what lay in the other: the inverse way leads back.
        m_explore->live()->change({{"block_x", (went.x() + 4) / double(scene("blocks")->width)},
                                   {"block_y", (went.y() + 4) / double(scene("blocks")->height)}});
        QTRY_VERIFY_WITH_TIMEOUT(isSettled(), 10000);
        QCOMPARE(boxAt("from"), QPointF(24, 24));
        QCOMPARE(boxAt("to"), went);
        m_driver->settle(200);
        m_driver->screenshot("encryption-blocks");
    }

    /// A small attack; a click on a scheme's cell shows its victims.
    void aCellOfTheMatrixShowsItsPictures()
    {
        m_attack = document("encryption.reconstruct", {{"train_images", 300},
                                                       {"victims", 40},
                                                       {"schemes", {"etc", "shf"}},
                                                       {"etc_blocks", {8}},
                                                       {"judge_epochs", 2},
                                                       {"networks", {"etc-8"}},
                                                       {"generator", "own"},
                                                       {"generator_epochs", 2},
                                                       {"encoder_epochs", 1},
                                                       {"guided_victims", 6},
                                                       {"guided_steps", 4},
                                                       {"restarts", 1},
                                                       {"samples", 1}});
        QVERIFY(m_attack->run());
        QVERIFY(m_attack->shows({"matrix", "attributes", "error", "retrieval", "leak", "key-space", "steps",
                                 "training", "guidance"}));
        QCOMPARE(m_attack->table("networks")->columns.front().texts.size(), std::size_t(3));
        QVERIFY(m_attack->grid("victims")->title.find("EtC") != std::string::npos);
        // Rows of the matrix begin at the bottom with the last scheme.
        const auto matrix = m_attack->figure("matrix");
        QCOMPARE(matrix->y.categories.front(), std::string("shf-4"));
        const auto column = std::ranges::find(matrix->x.categories, "linear, no key");
        QVERIFY(column != matrix->x.categories.end());
        m_attack->click("matrix", 0, int(column - matrix->x.categories.begin()));
        QTRY_VERIFY_WITH_TIMEOUT(m_attack->grid("victims")->title.find("SHF") != std::string::npos, 20000);
        QTRY_VERIFY_WITH_TIMEOUT(m_attack->isInView("victims"), 10000);
        m_driver->settle(300);
        m_driver->screenshot("encryption-reconstruct-cell");
        // The diffusion draws the first victim anew at another guidance.
        m_attack->live()->change({{"scheme", "etc-8"}, {"guidance", 5.0}});
        QTRY_VERIFY_WITH_TIMEOUT(m_attack->grid("samples") != nullptr, 20000);
    }

    void picturesAreTaken()
    {
        for (const QString shade : {"light", "dark"}) {
            m_driver->window().themes().choose(shade == "light" ? ThemeKeeper::Choice::Light
                                                                : ThemeKeeper::Choice::Dark);
            m_explore->lookAt("encryption-explore-" + shade, 2);
            m_attack->lookAt("encryption-reconstruct-" + shade, 3);
        }
    }

    void cleanupTestCase()
    {
        m_explore.reset();
        m_attack.reset();
        m_driver.reset();
    }
};

QTEST_MAIN(GuiEncryption)
#include "gui_encryption.moc"
