#include "sample_figures.h"

#include "backend/protocol/csv.h"
#include "widgets/figures/export_dialog.h"
#include "widgets/figures/table_model.h"
#include "widgets/figures/table_view.h"
#include "widgets/selection/selection.h"

#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QDir>
#include <QDoubleSpinBox>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QVBoxLayout>

using namespace assay;
using namespace assay::widgets;

namespace {

void shoot(QWidget& widget, const QString& name)
{
    QDir().mkpath(ASSAY_TEST_BUILD_DIR "/screenshots");
    widget.grab().save(QStringLiteral(ASSAY_TEST_BUILD_DIR "/screenshots/%1.png").arg(name));
}

std::shared_ptr<const protocol::Table> sharedTable()
{
    return std::make_shared<const protocol::Table>(test::pairsTable());
}

} // namespace

class TablesAndExportTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { Theme::light().apply(); }
    void modelIsSound();
    void sortsByNumberAndKeepsFullPrecision();
    void rowsSelectSamples();
    void samplesSelectRows();
    void filterHidesRows();
    void tableLooksGood_data() { themes(); }
    void tableLooksGood();
    void dialogRemembers();
    void presetSetsTheSize();
    void dialogLooksGood_data() { themes(); }
    void dialogLooksGood();

private:
    static void themes()
    {
        QTest::addColumn<bool>("dark");
        QTest::newRow("light") << false;
        QTest::newRow("dark") << true;
    }
};

void TablesAndExportTest::modelIsSound()
{
    TableModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.setTable(sharedTable());
    QCOMPARE(model.rowCount(), 6);
    QCOMPARE(model.headerData(1, Qt::Horizontal).toString(), QString("ε (L2)"));
    QCOMPARE(model.index(0, 2).data().toString(), QString("0.971"));
    QCOMPARE(model.index(0, 2).data(TableModel::ExactRole).toString(), QString("0.9712345"));
    model.setTable(nullptr);
    QCOMPARE(model.rowCount(), 0);
}

void TablesAndExportTest::sortsByNumberAndKeepsFullPrecision()
{
    TableView view(nullptr);
    view.setTable(sharedTable());
    view.view()->sortByColumn(2, Qt::AscendingOrder);
    QCOMPARE(view.asTabs().section('\n', 1, 1), QString("fashion-mlp\t1\t0.09"));
    QCOMPARE(view.asCsv().toStdString(), protocol::toCsv(test::pairsTable()));
}

void TablesAndExportTest::rowsSelectSamples()
{
    Selection selection;
    TableView view(&selection);
    view.setTable(sharedTable());
    view.view()->selectRow(2);
    QCOMPARE(selection.ids(), (QVector<qint64>{20, 21, 22, 23, 24}));
    QCOMPARE(selection.reason(), QString("one row of \"All pairs\""));
}

void TablesAndExportTest::samplesSelectRows()
{
    Selection selection;
    TableView view(&selection);
    view.setTable(sharedTable());
    selection.set({11, 43}, this);
    QModelIndexList rows = view.view()->selectionModel()->selectedRows();
    QCOMPARE(rows.size(), 2);
    QCOMPARE(rows[0].row() + rows[1].row(), 1 + 4);
    QCOMPARE(selection.ids().size(), 2); // showing it changes nothing
}

void TablesAndExportTest::filterHidesRows()
{
    TableView view(nullptr);
    view.setTable(sharedTable());
    view.findChild<QLineEdit*>("filter")->setText("RE");
    QCOMPARE(view.view()->model()->rowCount(), 3);
}

void TablesAndExportTest::tableLooksGood()
{
    QFETCH(bool, dark);
    const Theme theme = dark ? Theme::dark() : Theme::light();
    theme.apply();
    Selection selection;
    QWidget window;
    auto* layout = new QVBoxLayout(&window);
    auto* view = new TableView(&selection);
    view->setTheme(theme);
    layout->addWidget(view);
    view->setTable(sharedTable());
    selection.set({11}, this);
    window.resize(520, 340);
    window.show();
    QVERIFY(QTest::qWaitForWindowExposed(&window));
    shoot(window, QStringLiteral("table-") + QTest::currentDataTag());
}

void TablesAndExportTest::dialogRemembers()
{
    QTemporaryDir folder;
    QSettings settings(folder.filePath("settings.ini"), QSettings::IniFormat);
    const auto figure = test::shared(test::lines());
    {
        ExportDialog dialog(figure, &settings, Theme::light());
        QCOMPARE(dialog.format(), QString("pdf"));
        dialog.setFormat("png");
        dialog.setOptions({.widthMm = 120, .heightMm = 70, .dpi = 450, .fontPt = 9, .showTitle = true});
        dialog.accept();
    }
    ExportDialog again(figure, &settings, Theme::light());
    QCOMPARE(again.format(), QString("png"));
    QCOMPARE(again.options().widthMm, 120.0);
    QCOMPARE(again.options().dpi, 450);
    QVERIFY(again.options().showTitle);
}

void TablesAndExportTest::presetSetsTheSize()
{
    ExportDialog dialog(test::shared(test::lines()), nullptr, Theme::light());
    auto* preset = dialog.findChild<QComboBox*>("preset");
    dialog.show();
    preset->setFocus();
    const int elsevier = preset->findText("Elsevier, page (190 mm)");
    preset->setCurrentIndex(elsevier);
    Q_EMIT preset->activated(elsevier);
    QCOMPARE(dialog.options().widthMm, 190.0);
    QCOMPARE(dialog.options().fontPt, 7.0);
    QCOMPARE(preset->currentIndex(), elsevier);
    // NeurIPS and ICLR are equally wide: the one that was chosen stays.
    const int iclr = preset->findText("ICLR (140 mm)");
    preset->setCurrentIndex(iclr);
    Q_EMIT preset->activated(iclr);
    QCOMPARE(dialog.options().widthMm, 139.7);
    QCOMPARE(preset->currentIndex(), iclr);
    dialog.findChild<QDoubleSpinBox*>("width")->setValue(100);
    QCOMPARE(preset->currentText(), QString("Own size"));
}

void TablesAndExportTest::dialogLooksGood()
{
    QFETCH(bool, dark);
    const Theme theme = dark ? Theme::dark() : Theme::light();
    theme.apply();
    ExportDialog dialog(test::shared(test::stackedBars()), nullptr, theme);
    dialog.setFormat("png");
    dialog.resize(900, 520);
    dialog.show();
    QVERIFY(QTest::qWaitForWindowExposed(&dialog));
    QTRY_VERIFY(!dialog.findChild<QLabel*>("preview")->pixmap().isNull());
    shoot(dialog, QStringLiteral("export-dialog-") + QTest::currentDataTag());
}

QTEST_MAIN(TablesAndExportTest)
#include "gui_tables_and_export.moc"
