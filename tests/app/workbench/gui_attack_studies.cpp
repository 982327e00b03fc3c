#include "window_driver.h"

#include "app/workbench/shell/document_tabs.h"
#include "widgets/engine/run_record.h"
#include "widgets/figures/figure_view.h"
#include "widgets/figures/plot_canvas.h"
#include "widgets/studies/figure_card.h"
#include "widgets/studies/gallery_card.h"
#include "widgets/studies/live_bar.h"
#include "widgets/studies/results_view.h"
#include "widgets/studies/setup_panel.h"
#include "widgets/studies/study_document.h"

#include <QComboBox>
#include <QDir>
#include <QFile>
#include <QLabel>
#include <QProcess>
#include <QScrollBar>
#include <QTest>
#include <QToolButton>

#include <algorithm>

using namespace assay;
using namespace assay::test;
using workbench::ThemeKeeper;

/// The studies of attacks in the real window over the real engine: small runs, made by the command line
/// before the window opens.
class GuiAttackStudies : public QObject
{
    Q_OBJECT

    std::unique_ptr<WindowDriver> m_driver;
    QMap<QString, QString> m_runs; ///< study to run
    widgets::StudyDocument* m_document = nullptr;

    static QStringList settings(const QString& study)
    {
        if (study == QLatin1String("transfer.matrix"))
            return {"sources=fashion-cnn,fashion-mlp",
                    "targets=fashion-cnn,fashion-mlp,fashion-vgg",
                    "count=40",
                    "attacks=fgsm,mi-fgsm",
                    "attack_params.mi-fgsm.momentum=0.9",
                    "eps=0.04,0.1",
                    "steps=3",
                    "resamples=100",
                    "view_source=fashion-cnn",
                    "view_target=fashion-vgg"};
        if (study == QLatin1String("transfer.patchwise-mask"))
            return {"simulated=fashion-cnn",
                    "targets=fashion-cnn-reinit,fashion-vgg",
                    "count=24",
                    "eps=0.1,0.14",
                    "steps=3",
                    "population=6",
                    "generations=3",
                    "masks_per_step=3",
                    "mask_counts=1,3",
                    "drop_rates=0.3",
                    "rate_images=8",
                    "resamples=100"};
        return {"models=fashion-mlp,fashion-cnn",
                "count=40",
                "attacks=fgsm,pgd",
                "eps=0.02,0.05,0.1",
                "steps=3",
                "steps_list=1,3",
                "checks=false"};
    }

    /// The run of each study in the workspace.
    void findRuns()
    {
        const QDir runs(m_driver->workspace() + "/runs");
        for (const QString& name : runs.entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
            QFile file(runs.filePath(name + "/spec.json"));
            QVERIFY(file.open(QIODevice::ReadOnly));
            const Json spec = Json::parse(file.readAll().toStdString());
            m_runs[QString::fromStdString(spec["study"].get<std::string>())] = name;
        }
    }

    bool open(const QString& study)
    {
        m_document = m_driver->window().tabs().openRun(m_runs.value(study), study);
        const bool there = QTest::qWaitFor(
            [this] {
                return m_document->record() &&
                       m_document->record()->state() == protocol::RunState::Finished && live()->isVisible();
            },
            30000);
        m_driver->settle(500);
        return there;
    }

    widgets::LiveBar* live() const { return m_document->findChild<widgets::LiveBar*>(); }
    widgets::ResultsView* page() const { return m_document->findChild<widgets::ResultsView*>(); }

    std::shared_ptr<const protocol::Figure> figure(const std::string& name) const
    {
        for (const auto& each : m_document->record()->figures())
            if (each.name == name)
                return each.value;
        return nullptr;
    }
    std::shared_ptr<const protocol::ImageGrid> grid(const std::string& name) const
    {
        for (const auto& each : m_document->record()->grids())
            if (each.name == name)
                return each.value;
        return nullptr;
    }

    /// Every figure named has marks, and a card on the page.
    bool show(const QStringList& names) const
    {
        return std::ranges::all_of(names, [&](const QString& name) {
            const auto value = figure(name.toStdString());
            const bool marks = value && std::ranges::any_of(value->layers, [](const protocol::Layer& layer) {
                                   return !layer.y.empty() || !layer.z.empty();
                               });
            const bool shown = page()->card(widgets::ResultCard::Kind::Figure, name);
            if (!marks || !shown)
                qWarning("figure %s: marks %d, card %d", qPrintable(name), marks, shown);
            return marks && shown;
        });
    }

    template <class Card>
    Card* cardOf(widgets::ResultCard::Kind kind, const QString& name) const
    {
        return static_cast<Card*>(page()->card(kind, name));
    }

    void clickCell(const QString& name, int mark)
    {
        auto* card = cardOf<widgets::FigureCard>(widgets::ResultCard::Kind::Figure, name);
        QVERIFY(card);
        page()->ensureWidgetVisible(card, 0, 0);
        m_driver->settle(300);
        auto* canvas = card->view()->findChild<widgets::PlotCanvas*>();
        const QPoint at = canvas->figurePlot().rectOf({0, mark}).center().toPoint();
        QTest::mouseClick(canvas, Qt::LeftButton, {}, at);
    }

    void move(const char* field, const Json& value)
    {
        Json moved = live()->values();
        moved[field] = value;
        live()->propose(moved);
    }

    /// The page from top to bottom, in both appearances.
    void lookAt(const QString& name, int parts)
    {
        for (const auto appearance : {ThemeKeeper::Choice::Light, ThemeKeeper::Choice::Dark}) {
            m_driver->window().themes().choose(appearance);
            const QString shade = appearance == ThemeKeeper::Choice::Light ? "light" : "dark";
            for (int part = 0; part <= parts; ++part) {
                page()->verticalScrollBar()->setValue(page()->verticalScrollBar()->maximum() * part / parts);
                m_driver->settle(250);
                m_driver->screenshot(QStringLiteral("attacks-%1-%2-%3").arg(name, shade).arg(part));
            }
        }
        m_driver->window().themes().choose(ThemeKeeper::Choice::Light);
        page()->verticalScrollBar()->setValue(0);
        m_driver->settle(150);
    }

private Q_SLOTS:
    void initTestCase()
    {
        m_driver = std::make_unique<WindowDriver>(QSize(1400, 900));
        m_driver->close();
        std::vector<std::unique_ptr<QProcess>> processes;
        for (const char* study : {"transfer.matrix", "transfer.patchwise-mask", "attacks.robustness"}) {
            QStringList arguments = {"run", study, "--workspace", m_driver->workspace(), "--device", "cpu"};
            for (const QString& setting : settings(study))
                arguments << "--set" << setting;
            auto& process = processes.emplace_back(std::make_unique<QProcess>());
            process->start(QStringLiteral(ASSAY_TEST_BUILD_DIR "/bin/assay-cli"), arguments);
        }
        for (const auto& process : processes) {
            QVERIFY(process->waitForFinished(60000));
            QVERIFY2(process->exitCode() == 0, process->readAllStandardError().constData());
        }
        findRuns();
        QCOMPARE(m_runs.size(), 3);
        m_driver->reopen();
        QVERIFY(m_driver->waitForCatalogue());
    }

    void theMatrixHasItsFigures()
    {
        QVERIFY(open("transfer.matrix"));
        QVERIFY(show({"matrix-fgsm", "matrix-mi-fgsm", "outcomes", "ranking", "survival"}));
        m_driver->screenshot("attacks-matrix-top");
    }

    void aClickOnACellShowsItsImages()
    {
        const int row = 1, column = 2; // fashion-mlp against fashion-vgg
        clickCell("matrix-fgsm", 3 * row + column);
        QTRY_COMPARE(live()->values()["view_source"].get<std::string>(), std::string("fashion-mlp"));
        QCOMPARE(live()->values()["view_target"].get<std::string>(), std::string("fashion-vgg"));
        QCOMPARE(live()->values()["view_attack"].get<std::string>(), std::string("fgsm"));
        QTRY_VERIFY_WITH_TIMEOUT(grid("cell")->title.find("fashion-mlp → fashion-vgg, FGSM") == 0, 10000);
        const auto cell = grid("cell");
        QCOMPARE(cell->variants, (std::vector<std::string>{"clean", "adversarial", "difference ×10"}));
        QCOMPARE(cell->count(), std::size_t(40));
        for (const std::string& note : cell->notes)
            QVERIFY2(note.find("fashion-mlp: ") != note.npos && note.find("fashion-vgg: ") != note.npos &&
                         note.find(" %") != note.npos,
                     note.c_str());

        // The gallery has come into view, and the image chosen there is shown large with what both say.
        auto* gallery = cardOf<widgets::GalleryCard>(widgets::ResultCard::Kind::Gallery, "cell");
        QVERIFY(!gallery->visibleRegion().isEmpty());
        m_driver->window().selection().set({cell->ids.front()}, nullptr, QStringLiteral("the first"),
                                           cell->ids.front());
        const auto says = [&] {
            const auto labels = gallery->findChildren<QLabel*>();
            return std::ranges::any_of(labels, [&](const QLabel* label) {
                return label->isVisibleTo(gallery) &&
                       label->text() == QString::fromStdString(cell->notes.front());
            });
        };
        QTRY_VERIFY(says());
        m_driver->settle(400);
        m_driver->screenshot("attacks-matrix-cell");
        m_driver->window().selection().clear(nullptr);
    }

    void theDenominatorIsSwitched()
    {
        const auto counted = [this] { return figure("matrix-fgsm")->layers.front().denominator.back(); };
        const std::string correct = figure("matrix-fgsm")->rateOf;
        QCOMPARE(correct, std::string("images that source and target classify correctly before the attack"));
        QVERIFY(counted() < 40);
        page()->verticalScrollBar()->setValue(0);
        auto* of = live()->findChild<QComboBox*>("field:denominator");
        QVERIFY(of);
        of->setFocus();
        QTest::keyClick(of, Qt::Key_Home);
        QTRY_VERIFY_WITH_TIMEOUT(counted() == 40, 10000);
        QCOMPARE(figure("matrix-fgsm")->rateOf, std::string("all attacked images"));
        lookAt("matrix", 2);
    }

    void parametersOfAttacksAreInTheForm()
    {
        auto* setup = m_document->findChild<widgets::SetupPanel*>();
        auto* advanced = setup->findChild<QToolButton*>("advanced");
        advanced->setChecked(true);
        m_driver->settle(200);
        QVERIFY(setup->findChild<QWidget*>("field:attack_params.mi-fgsm.momentum")->isVisibleTo(setup));
        const auto* unused = setup->findChild<QWidget*>("field:attack_params.dim.di_probability");
        QVERIFY(!unused || !unused->isVisibleTo(setup));
        QCOMPARE(setup->spec().params["attack_params"].dump(),
                 std::string(R"({"mi-fgsm":{"momentum":0.9}})"));
        auto* scroll = setup->findChild<QScrollArea*>("setupScroll");
        scroll->ensureWidgetVisible(setup->findChild<QWidget*>("field:attack_params.mi-fgsm.momentum"));
        m_driver->settle(200);
        m_driver->screenshot("attacks-form-light");
        m_driver->window().themes().choose(ThemeKeeper::Choice::Dark);
        m_driver->settle(200);
        m_driver->screenshot("attacks-form-dark");
        m_driver->window().themes().choose(ThemeKeeper::Choice::Light);
        advanced->setChecked(false);
    }

    void masksAreFollowedThroughTheSearch()
    {
        QVERIFY(open("transfer.patchwise-mask"));
        QVERIFY(show({"fitness", "success", "success-by-eps", "success-by-rate", "masks-per-step",
                      "dropped-patches", "survival"}));
        QCOMPARE(grid("evolution")->count(), std::size_t(4));
        QVERIFY(grid("masks")->title.starts_with("Masks of generation 3"));
        const std::string before = figure("success")->title;
        move("view_stage", 0.0);
        QTRY_VERIFY_WITH_TIMEOUT(grid("masks")->title.starts_with("Masks of generation 0"), 10000);
        move("view_eps", 0.1);
        QTRY_VERIFY_WITH_TIMEOUT(figure("success")->title != before, 10000);
        const std::int64_t other = grid("masks")->ids.at(1);
        move("view_image", other);
        QTRY_VERIFY_WITH_TIMEOUT(grid("evolution")->ids.front() == other, 10000);
        lookAt("masks", 3);
    }

    void robustAccuracyIsLookedInto()
    {
        QVERIFY(open("attacks.robustness"));
        QVERIFY(show({"accuracy-by-eps", "accuracy-by-steps", "accuracy-by-class", "survival"}));
        QVERIFY(grid("examples")->title.find("FGSM") == std::string::npos);
        move("view_attack", "fgsm");
        QTRY_VERIFY_WITH_TIMEOUT(grid("examples")->title.find("FGSM") != std::string::npos, 10000);
        QVERIFY(figure("accuracy-by-class")->title.find("FGSM") != std::string::npos);
        lookAt("robustness", 2);
    }

    void smallAndLargeWindowsShowThemToo()
    {
        for (const QSize size : {QSize(1024, 700), QSize(2000, 1300)}) {
            const auto fits = [&] {
                m_driver->window().resize(size);
                return m_driver->window().size() == size;
            };
            QVERIFY(QTest::qWaitFor(fits));
            for (const QString& study : m_runs.keys()) {
                QVERIFY(open(study));
                m_driver->screenshot(QStringLiteral("attacks-%1-%2").arg(size.width()).arg(study));
            }
        }
    }

    void cleanupTestCase() { m_driver.reset(); }
};

QTEST_MAIN(GuiAttackStudies)
#include "gui_attack_studies.moc"
