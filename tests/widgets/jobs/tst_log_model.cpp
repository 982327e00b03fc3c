#include "widgets/engine/run_record.h"
#include "widgets/jobs/log_model.h"
#include "widgets/jobs/log_view.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

using namespace assay::protocol;
using namespace assay::widgets;

class TstLogModel : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void groupsRepeats();
    void takesFloodsInAtOnce();
    void dropsTheOldest();
    void showsARun();
    void countsProblems();
    void filters();
};

namespace {

QString text(const LogModel& model, int row)
{
    return model.index(row, LogModel::TextColumn).data().toString();
}

} // namespace

void TstLogModel::groupsRepeats()
{
    LogModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.add(LogLevel::Info, "a");
    model.add(LogLevel::Info, "a");
    model.add(LogLevel::Warning, "a"); // another level is another line
    QTRY_COMPARE(model.rowCount(), 2);
    QCOMPARE(text(model, 0), QStringLiteral("a  (2 times)"));
    model.add(LogLevel::Warning, "a"); // a repeat of what was taken in before
    model.add(LogLevel::Info, "b");
    QTRY_COMPARE(model.rowCount(), 3);
    QCOMPARE(text(model, 1), QStringLiteral("a  (2 times)"));
    QCOMPARE(model.index(1, 0).data(LogModel::CountRole).toInt(), 2);
    QCOMPARE(model.index(1, 0).data(LogModel::TextRole).toString(), QStringLiteral("a"));
    QCOMPARE(model.index(1, LogModel::LevelColumn).data().toString(), QStringLiteral("warning"));
}

void TstLogModel::takesFloodsInAtOnce()
{
    LogModel model;
    QSignalSpy inserted(&model, &LogModel::rowsInserted);
    for (int i = 0; i < 5000; ++i)
        model.add(LogLevel::Info, QString::number(i));
    QTRY_COMPARE(model.rowCount(), 5000);
    QCOMPARE(inserted.count(), 1);
}

void TstLogModel::dropsTheOldest()
{
    LogModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    for (int i = 0; i <= LogModel::kMostLines; ++i)
        model.add(LogLevel::Info, QString::number(i));
    QTRY_COMPARE(model.rowCount(), LogModel::kMostLines * 9 / 10);
    QCOMPARE(text(model, model.rowCount() - 1), QString::number(LogModel::kMostLines));
}

void TstLogModel::showsARun()
{
    LogModel model;
    auto record = std::make_shared<RunRecord>("r");
    record->apply(LogLine{LogLevel::Info, "before", 1});
    model.setRun(record);
    QCOMPARE(model.rowCount(), 1); // at once: no flicker of an empty log
    record->apply(LogLine{LogLevel::Error, "after", 2});
    QTRY_COMPARE(model.rowCount(), 2);
    QCOMPARE(model.index(1, 0).data(LogModel::TimeRole).toDateTime().toMSecsSinceEpoch(), 2000);
    model.setRun(nullptr);
    QCOMPARE(model.rowCount(), 0);
    record->apply(LogLine{LogLevel::Info, "unheard", 3});
    QTest::qWait(80);
    QCOMPARE(model.rowCount(), 0);
}

void TstLogModel::countsProblems()
{
    LogModel model;
    QSignalSpy problems(&model, &LogModel::problemsChanged);
    model.add(LogLevel::Info, "a");
    model.add(LogLevel::Warning, "b");
    model.add(LogLevel::Error, "c");
    model.add(LogLevel::Error, "c");
    QTRY_COMPARE(model.problemCount(), 3);
    QCOMPARE(problems.count(), 1);
    model.clear();
    QCOMPARE(model.problemCount(), 0);
    QCOMPARE(problems.count(), 2);
}

void TstLogModel::filters()
{
    LogModel model;
    LogFilter filter;
    QAbstractItemModelTester tester(&filter, QAbstractItemModelTester::FailureReportingMode::QtTest);
    filter.setSourceModel(&model);
    model.add(LogLevel::Debug, "loading cnn");
    model.add(LogLevel::Info, "loaded CNN in 3 s");
    model.add(LogLevel::Error, "disk full");
    QTRY_COMPARE(model.rowCount(), 3);
    QCOMPARE(filter.rowCount(), 2);
    filter.setLevel(LogLevel::Debug);
    filter.setWords("cnn load");
    QCOMPARE(filter.rowCount(), 2);
    filter.setWords("cnn 3");
    QCOMPARE(filter.rowCount(), 1);
    filter.setWords("");
    filter.setLevel(LogLevel::Error);
    QCOMPARE(filter.rowCount(), 1);
}

QTEST_GUILESS_MAIN(TstLogModel)
#include "tst_log_model.moc"
