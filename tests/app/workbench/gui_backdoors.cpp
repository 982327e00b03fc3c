#include "page_driver.h"

#include "app/workbench/shell/document_tabs.h"
#include "widgets/studies/live_bar.h"
#include "widgets/studies/play_button.h"
#include "widgets/studies/study_document.h"

#include <QComboBox>
#include <QPushButton>
#include <QSlider>
#include <QTest>

#include <algorithm>

using namespace assay;
using namespace assay::test;

/// Unlearning in the real window over the real engine, with few images: a click on a step shows it, a click
/// on a method shows its film, Play runs through it, the strength is dragged, and the repaired model can be
/// chosen in another study.
class GuiBackdoors : public QObject
{
    Q_OBJECT

    std::unique_ptr<WindowDriver> m_driver;
    std::unique_ptr<PageDriver> m_page;

    std::string titleOf(const char* figure) const { return m_page->figure(figure)->title; }
    int shownStep() const { return m_page->live()->values()["step"].get<int>(); }

private Q_SLOTS:
    void initTestCase()
    {
        m_driver = std::make_unique<WindowDriver>(QSize(1400, 900));
        QVERIFY(m_driver->waitForCatalogue());
        protocol::RunSpec spec{.study = "backdoor.unlearn", .device = "cpu"};
        spec.params = {{"count", 200},       {"seeds", 1},           {"increments", 4},
                       {"repair_epochs", 5}, {"baseline_epochs", 3}, {"baselines", {"finetune"}},
                       {"curve", {1, 5}}};
        m_page = std::make_unique<PageDriver>(*m_driver, m_driver->window().tabs().addDocument(spec));
        QVERIFY(m_page->run());
        QVERIFY(m_page->shows({"methods", "cost", "samples", "changes", "strength", "film", "step-clean",
                               "step-triggered", "step-recall", "neurons", "neuron-changes", "guidance",
                               "activity"}));
    }

    void aClickShowsTheStep()
    {
        const int attack = m_page->layer("film", "Attack success");
        QVERIFY(attack >= 0);
        for (const int step : {0, 4}) {
            m_page->click("film", attack, step);
            QTRY_COMPARE_WITH_TIMEOUT(shownStep(), step, 10000);
            const std::string end = step == 0 ? "as it was" : "unlearn 4";
            QTRY_VERIFY_WITH_TIMEOUT(titleOf("step-triggered").ends_with(end), 10000);
        }
        // All triggered images stood in the target's column before the edit, and none does after it.
        const auto film = m_page->figure("film");
        const auto& rates = film->layers[static_cast<std::size_t>(attack)].y;
        QVERIFY(rates[0] > 90);
        QVERIFY(rates[4] < 10);
        m_driver->settle(300);
        m_driver->screenshot("backdoor-step");
    }

    void aClickShowsTheMethodsFilm()
    {
        const auto methods = m_page->figure("methods");
        const auto at = std::ranges::find(methods->x.categories, "Fine-tuning");
        QVERIFY(at != methods->x.categories.end());
        m_page->click("methods", m_page->layer("methods", "Other classes"),
                      static_cast<int>(at - methods->x.categories.begin()));
        QTRY_VERIFY_WITH_TIMEOUT(titleOf("film").ends_with("Fine-tuning"), 10000);
        QTRY_COMPARE_WITH_TIMEOUT(m_page->figure("film")->layers[0].y.size(), std::size_t(1 + 3), 10000);
    }

    void playRunsToTheEnd()
    {
        m_page->live()->findChild<QPushButton*>("liveReset")->click();
        QTRY_VERIFY_WITH_TIMEOUT(m_page->figure("film")->layers[0].y.size() > 4, 10000);
        const auto last = static_cast<int>(m_page->figure("film")->layers[0].y.size()) - 1;
        m_page->click("film", 0, last - 3);
        QTRY_COMPARE_WITH_TIMEOUT(shownStep(), last - 3, 10000);
        auto* play = m_page->live()->findChild<widgets::PlayButton*>("play:step");
        QVERIFY(play && play->isVisible());
        QTest::mouseClick(play, Qt::LeftButton);
        QVERIFY(play->isPlaying());
        QTRY_COMPARE_WITH_TIMEOUT(shownStep(), last, 20000);
        QTRY_VERIFY_WITH_TIMEOUT(!play->isPlaying(), 10000);
    }

    void theStrengthIsDragged()
    {
        auto* slider = m_page->live()->findChild<QSlider*>("slider:alpha");
        QVERIFY(slider);
        const auto success = [this] {
            const int layer = m_page->layer("strength", "Attack success, now");
            return layer < 0 ? -1.0
                             : m_page->figure("strength")->layers[static_cast<std::size_t>(layer)].y[0];
        };
        QTest::keyClick(slider, Qt::Key_Home);
        QTRY_VERIFY_WITH_TIMEOUT(success() > 80, 10000);
        for (int i = 0; i < 60 && success() > 10; ++i) {
            QTest::keyClick(slider, Qt::Key_PageUp);
            m_driver->settle(150);
        }
        QVERIFY(success() >= 0 && success() < 10);
        m_page->live()->findChild<QPushButton*>("liveReset")->click();
    }

    void theRepairedModelIsOfferedElsewhere()
    {
        protocol::RunSpec spec{.study = "backdoor.invert", .device = "cpu"};
        auto* document = m_driver->window().tabs().addDocument(spec);
        const QString name = "repaired-" + m_page->document()->runId();
        const auto offered = [&] {
            const auto* box = document->findChild<QComboBox*>("field:model");
            return box && box->findData(name) >= 0;
        };
        QTRY_VERIFY_WITH_TIMEOUT(offered(), 10000);
    }

    /// In both appearances, and in a small and a large window.
    void picturesAreTaken()
    {
        using workbench::ThemeKeeper;
        for (const QString shade : {"light", "dark"}) {
            m_driver->window().themes().choose(shade == "light" ? ThemeKeeper::Choice::Light
                                                                : ThemeKeeper::Choice::Dark);
            const QSize size = shade == "light" ? QSize(1024, 700) : QSize(1600, 1000);
            m_driver->window().resize(size);
            m_page->lookAt("backdoor-unlearn-" + shade, 3);
        }
    }

    void cleanupTestCase()
    {
        m_page.reset();
        m_driver.reset();
    }
};

QTEST_MAIN(GuiBackdoors)
#include "gui_backdoors.moc"
