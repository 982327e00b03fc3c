#include "widgets/figures/mark_pick.h"
#include "widgets/studies/live_bar.h"
#include "widgets/studies/play_button.h"

#include <QSignalSpy>
#include <QTest>

#include <cmath>
#include <limits>

using namespace assay;
using namespace assay::widgets;

namespace {

protocol::Schema filmSchema()
{
    protocol::Schema schema;
    schema.fields = {
        {.name = "rate",
         .label = "Rate",
         .type = protocol::FieldType::Real,
         .defaultValue = 0.5,
         .live = true},
        {.name = "step",
         .label = "Step",
         .type = protocol::FieldType::Integer,
         .defaultValue = 4,
         .low = 0,
         .high = 6,
         .live = true},
        {.name = "fixed", .label = "Fixed", .type = protocol::FieldType::Integer, .defaultValue = 1}};
    return schema;
}

const Json kStoredFilm = {{"rate", 0.5}, {"step", 4}, {"fixed", 1}};

} // namespace

/// The bar of live parameters: a film of a whole number.
class TestLiveBar : public QObject
{
    Q_OBJECT

    /// Shown, with the values 0, 2, 4, 5, 6 and one out of range.
    static void show(LiveBar& bar)
    {
        bar.setSchema(filmSchema(), {});
        bar.setStored(kStoredFilm);
        bar.setFrames({{"step", {0, 2, 4, 5, 6, 900}}, {"rate", {0, 1}}});
        bar.show();
        QVERIFY(QTest::qWaitForWindowExposed(&bar));
    }
    static PlayButton* play(const LiveBar& bar) { return bar.findChild<PlayButton*>("play:step"); }
    static int shownStep(const LiveBar& bar) { return bar.values().at("step").get<int>(); }
    static std::vector<int> steps(const QSignalSpy& asked)
    {
        std::vector<int> all;
        for (const auto& call : asked)
            all.push_back(call.at(0).value<Json>().at("step").get<int>());
        return all;
    }

private Q_SLOTS:
    void onlyLiveWholeNumbersWithValuesArePlayed()
    {
        LiveBar bar;
        show(bar);
        QCOMPARE(bar.findChildren<PlayButton*>().size(), 1);
        QVERIFY(play(bar)->isVisible());
        QCOMPARE(play(bar)->text(), QString("Play: Step"));
        bar.setFrames({{"step", {3}}});
        QVERIFY(!play(bar)->isVisible());
        bar.setFrames({});
        QVERIFY(!play(bar)->isVisible());
    }

    /// One value after the other, each only when the one before is shown; at the end it stops.
    void playsFromTheShownValueToTheLast()
    {
        LiveBar bar;
        show(bar);
        QSignalSpy asked(&bar, &LiveBar::previewRequested);
        play(bar)->setFocus();
        QTest::keyClick(play(bar), Qt::Key_Space);
        QVERIFY(play(bar)->isPlaying());
        QCOMPARE(play(bar)->text(), QString("Stop: Step"));
        QCOMPARE(steps(asked), (std::vector<int>{5}));
        QTest::qWait(3 * PlayButton::kFrameMs);
        QCOMPARE(asked.count(), 1); // not answered yet
        QCOMPARE(shownStep(bar), 5);
        bar.takeAnswer();
        QTRY_COMPARE(steps(asked), (std::vector<int>{5, 6}));
        bar.takeAnswer();
        QVERIFY(!play(bar)->isPlaying());
        QTest::qWait(2 * PlayButton::kFrameMs);
        QCOMPARE(asked.count(), 2);
    }

    void startsOverAfterTheLast()
    {
        LiveBar bar;
        show(bar);
        bar.change({{"step", 6}});
        QSignalSpy asked(&bar, &LiveBar::previewRequested);
        QTest::mouseClick(play(bar), Qt::LeftButton);
        QCOMPARE(steps(asked), (std::vector<int>{0}));
        for (const int next : {2, 5}) {
            bar.takeAnswer();
            if (next == 5) { // the run's own value is no preview; it is answered all the same
                QTRY_COMPARE(shownStep(bar), 4);
                bar.takeAnswer();
            }
            QTRY_COMPARE(steps(asked).back(), next);
        }
        QVERIFY(play(bar)->isPlaying());
    }

    void aClickOrAHandStopsIt()
    {
        LiveBar bar;
        show(bar);
        QSignalSpy asked(&bar, &LiveBar::previewRequested);
        QTest::mouseClick(play(bar), Qt::LeftButton);
        QTest::mouseClick(play(bar), Qt::LeftButton);
        QVERIFY(!play(bar)->isPlaying());
        bar.takeAnswer();
        QTest::qWait(2 * PlayButton::kFrameMs);
        QCOMPARE(asked.count(), 1);

        QTest::mouseClick(play(bar), Qt::LeftButton);
        QVERIFY(play(bar)->isPlaying());
        QWidget* slider = bar.findChild<QWidget*>("slider:step");
        QVERIFY(slider);
        QTest::keyClick(slider, Qt::Key_Left);
        QVERIFY(!play(bar)->isPlaying());

        QTest::mouseClick(play(bar), Qt::LeftButton);
        bar.setStored(kStoredFilm); // another run
        QVERIFY(!play(bar)->isPlaying());
    }

    /// The values are those that the marks of figures have.
    void marksAreTheFrames()
    {
        protocol::Figure figure;
        figure.x.sets = "step";
        figure.y.sets = "rate";
        figure.y.scale = protocol::AxisScale::Category;
        protocol::Layer line, bars, cells;
        line.x = {3, 1, std::numeric_limits<double>::quiet_NaN()};
        bars.kind = protocol::LayerKind::Bars;
        bars.x = {1, 2};
        cells.kind = protocol::LayerKind::Cells;
        cells.x = {77};
        figure.layers = {line, bars, cells};
        const auto numbers = pickableNumbers(figure);
        QCOMPARE(numbers.size(), std::size_t(1));
        QCOMPARE(numbers.at("step"), (std::vector<double>{1, 2, 3}));
    }
};

QTEST_MAIN(TestLiveBar)
#include "tst_live_bar.moc"
