#include "widgets/selection/selection.h"

#include <QSignalSpy>
#include <QTest>

using assay::widgets::Selection;

class SelectionTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void keepsOrderWithoutRepeats();
    void tellsWhoChangedIt();
    void sayingTheSameAgainIsSilent();
    void primaryFallsBackToTheFirst();
    void togglingAddsAndRemoves();
    void primaryMustBeSelected();
    void emptyHasNoReason();
};

void SelectionTest::keepsOrderWithoutRepeats()
{
    Selection selection;
    selection.set({7, 3, 7, 5, 3}, this, "three");
    QCOMPARE(selection.ids(), (QVector<qint64>{7, 3, 5}));
    QCOMPARE(selection.primary(), 7);
    QVERIFY(selection.contains(5));
    QVERIFY(!selection.contains(4));
    QCOMPARE(selection.reason(), QString("three"));
}

void SelectionTest::tellsWhoChangedIt()
{
    Selection selection;
    const QObject* seen = nullptr;
    connect(&selection, &Selection::changed, this, [&](const QObject* by) { seen = by; });
    QObject view;
    selection.set({1}, &view);
    QCOMPARE(seen, &view);
    selection.clear(this);
    QCOMPARE(seen, this);
}

void SelectionTest::sayingTheSameAgainIsSilent()
{
    Selection selection;
    QSignalSpy spy(&selection, &Selection::changed);
    selection.clear(this);
    QCOMPARE(spy.count(), 0);
    selection.set({1, 2}, this, "why");
    selection.set({1, 2, 2}, this, "why");
    QCOMPARE(spy.count(), 1);
    selection.set({1, 2}, this, "another reason");
    QCOMPARE(spy.count(), 2);
}

void SelectionTest::primaryFallsBackToTheFirst()
{
    Selection selection;
    selection.set({4, 9}, this, {}, 9);
    QCOMPARE(selection.primary(), 9);
    selection.set({4, 8}, this, {}, 9);
    QCOMPARE(selection.primary(), 4);
}

void SelectionTest::togglingAddsAndRemoves()
{
    Selection selection;
    selection.toggle(2, this);
    selection.toggle(6, this);
    QCOMPARE(selection.ids(), (QVector<qint64>{2, 6}));
    QCOMPARE(selection.primary(), 6);
    selection.toggle(6, this);
    QCOMPARE(selection.ids(), (QVector<qint64>{2}));
    QCOMPARE(selection.primary(), 2);
    selection.toggle(2, this);
    QVERIFY(selection.isEmpty());
    QCOMPARE(selection.primary(), -1);
}

void SelectionTest::primaryMustBeSelected()
{
    Selection selection;
    selection.set({1, 2}, this);
    QSignalSpy spy(&selection, &Selection::changed);
    selection.setPrimary(5, this);
    QCOMPARE(spy.count(), 0);
    selection.setPrimary(2, this);
    QCOMPARE(spy.count(), 1);
    QCOMPARE(selection.primary(), 2);
    QCOMPARE(selection.ids(), (QVector<qint64>{1, 2}));
}

void SelectionTest::emptyHasNoReason()
{
    Selection selection;
    selection.set({}, this, "nothing is left");
    QVERIFY(selection.reason().isEmpty());
}

QTEST_GUILESS_MAIN(SelectionTest)
#include "tst_selection.moc"
