#include "window_driver.h"

#include "app/workbench/shell/document_tabs.h"
#include "widgets/browsing/data_browser.h"
#include "widgets/browsing/model_inspector.h"
#include "widgets/browsing/predictions_view.h"
#include "widgets/browsing/sample_tiles.h"
#include "widgets/browsing/zoom_view.h"
#include "widgets/engine/stall_meter.h"
#include "widgets/studies/card_model.h"
#include "widgets/studies/library_view.h"

#include <QComboBox>
#include <QLabel>
#include <QListView>
#include <QLocale>
#include <QMenu>
#include <QPushButton>
#include <QTabWidget>
#include <QTest>
#include <QTreeView>

using namespace assay;
using namespace assay::test;
using widgets::BrowsingPage;
using widgets::CardModel;
using widgets::DataBrowser;
using Shelf = widgets::LibraryView::Shelf;

/// The library's entries opened as tabs of the real window over the real engine: Fashion-MNIST is browsed,
/// filtered and asked about, a network of the zoo is inspected and measured.
class GuiBrowsing : public QObject
{
    Q_OBJECT
    std::unique_ptr<WindowDriver> m_driver;

    workbench::DocumentTabs& tabs() const { return m_driver->window().tabs(); }
    QListView* shelf(Shelf which) const
    {
        m_driver->find<widgets::LibraryView>({})->showShelf(which);
        return m_driver->find<QListView>(which == Shelf::Models ? "libraryModels" : "libraryData");
    }
    /// As a double click or Enter does.
    void openFromShelf(Shelf which, const QString& name) const
    {
        QListView* view = shelf(which);
        for (int row = 0; row < view->model()->rowCount(); ++row) {
            const QModelIndex index = view->model()->index(row, 0);
            if (index.data(CardModel::IdRole).toString() != name)
                continue;
            view->setCurrentIndex(index);
            view->setFocus();
            QTest::keyClick(view, Qt::Key_Return);
            return;
        }
        QFAIL(qPrintable("not in the library: " + name));
    }
    DataBrowser* browser() const { return qobject_cast<DataBrowser*>(tabs().currentWidget()); }

private Q_SLOTS:
    void initTestCase()
    {
        m_driver = std::make_unique<WindowDriver>(QSize(1600, 1000));
        QVERIFY(m_driver->waitForCatalogue());
        m_driver->settle();
    }
    void cleanupTestCase() { m_driver.reset(); }

    void aDataSetOpensAsATab()
    {
        widgets::StallMeter meter;
        meter.start();
        openFromShelf(Shelf::Data, "fashion-mnist");
        QVERIFY(browser());
        QTRY_VERIFY_WITH_TIMEOUT(browser()->table(), 60000);
        QCOMPARE(browser()->table()->count, 10000);
        auto* shown = m_driver->find<QLabel>("samplesShown", browser());
        QTRY_COMPARE(shown->text(), QLocale().toString(10000) + " images");
        const int open = tabs().count();
        openFromShelf(Shelf::Data, "fashion-mnist"); // the same tab
        QCOMPARE(tabs().count(), open);
        m_driver->settle(1500);
        qInfo("opened Fashion-MNIST: longest wait %.1f ms", meter.longestMs());
        m_driver->screenshot("browsing-fashion");
    }

    void aFilterShowsItsClass()
    {
        auto* classes = m_driver->find<QComboBox>("filter-class", browser());
        classes->setCurrentIndex(10);
        QTRY_COMPARE(m_driver->find<QLabel>("samplesShown", browser())->text(),
                     QLocale().toString(1000) + " of " + QLocale().toString(10000) + " images");
        for (const qint64 id : browser()->tiles().shown())
            QCOMPARE(browser()->table()->labels[std::size_t(id)], 9);
        m_driver->settle(800);
        m_driver->screenshot("browsing-fashion-boots");
        classes->setCurrentIndex(0);
    }

    void anImageIsAskedAbout()
    {
        m_driver->window().selection().set({0}, this, "a test"); // an ankle boot
        auto* predictions = m_driver->find<widgets::PredictionsView>("predictions", browser());
        QTRY_VERIFY_WITH_TIMEOUT(predictions->isVisible() && !predictions->spoken().isEmpty(), 60000);
        QCOMPARE(predictions->spoken().count(QLatin1Char('\n')), 2); // three models
        QVERIFY2(predictions->spoken().contains(browser()->table()->className(0)),
                 qPrintable(predictions->spoken()));
        auto* image = m_driver->find<widgets::ZoomView>("sampleImage", browser());
        QCOMPARE(image->target().width(), std::floor(image->target().width() / 28) * 28);
        m_driver->settle(500);
        m_driver->screenshot("browsing-fashion-predictions");
    }

    void aModelOpensAsATab()
    {
        openFromShelf(Shelf::Models, "fashion-cnn");
        auto* page = qobject_cast<widgets::ModelInspector*>(tabs().currentWidget());
        QVERIFY(page);
        auto* tree = m_driver->find<QTreeView>("layerTree", page);
        QTRY_VERIFY_WITH_TIMEOUT(tree->model()->rowCount() > 0, 60000);
        const QString contract = m_driver->find<QLabel>("inputContract", page)->text();
        QVERIFY2(contract.startsWith("Expects 1 × 28 × 28 images, grey"), qPrintable(contract));
        QVERIFY2(contract.endsWith("Answers with the scores of 10 classes."), qPrintable(contract));
        m_driver->settle(500);
        m_driver->screenshot("browsing-inspector");
        m_driver->find<QPushButton>("measureSpeed", page)->click();
        auto* speed = m_driver->find<QLabel>("speed", page);
        QTRY_VERIFY_WITH_TIMEOUT(speed->text().endsWith(" images per second"), 60000);
        m_driver->find<QTabWidget>("inspectorTabs", page)->setCurrentIndex(1);
        m_driver->settle(500);
        m_driver->screenshot("browsing-inspector-parameters");
    }

    void theContextMenuLeadsThereToo()
    {
        QListView* view = shelf(Shelf::Data);
        m_driver->settle(100);
        const QModelIndex first = view->model()->index(0, 0);
        Q_EMIT view->customContextMenuRequested(view->visualRect(first).center());
        auto* menu = m_driver->find<QMenu>("itemMenu");
        QVERIFY(menu);
        auto* open = menu->findChild<QAction*>("openItem");
        QVERIFY(open);
        QCOMPARE(open->text(), QString("Browse"));
        open->trigger();
        menu->close();
        QVERIFY(browser());
        QCOMPARE(browser()->name(), first.data(CardModel::IdRole).toString());
    }

    void theEnginesDeathIsSurvived()
    {
        openFromShelf(Shelf::Data, "fashion-mnist");
        auto* away = m_driver->find<QLabel>("browserAway", browser());
        QVERIFY(!away->isVisible());
        m_driver->window().engine().stop();
        QTRY_VERIFY(away->isVisible());
        m_driver->screenshot("browsing-engine-away");
        m_driver->window().engine().start();
        QTRY_VERIFY_WITH_TIMEOUT(!away->isVisible(), 60000);
        m_driver->window().selection().set({3}, this, "a test");
        QTRY_COMPARE_WITH_TIMEOUT(m_driver->find<QLabel>("sampleTitle", browser())->text(),
                                  QString("Image 3"), 60000);
    }

    void tabsComeBackWithTheWindow()
    {
        openFromShelf(Shelf::Models, "fashion-cnn");
        const int before = tabs().count();
        m_driver->reopen();
        QVERIFY(m_driver->waitForCatalogue());
        QCOMPARE(tabs().count(), before);
        QVERIFY(qobject_cast<widgets::ModelInspector*>(tabs().currentWidget()));
        const int pages = int(tabs().pages().size());
        tabs().closeCurrent();
        QCOMPARE(tabs().pages().size(), pages - 1);
    }
};

QTEST_MAIN(GuiBrowsing)
#include "gui_browsing.moc"
