#include "backend/data/recipes/pedestrians.h"
#include "backend/protocol/error.h"

#include <QTest>
#include <torch/types.h>

using namespace assay;
using namespace assay::data;

/// How the frames of a street are labelled, by hand results; the recipe itself needs 125 MB of packages.
class TestPedestrians : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void backgroundIsWhatStays()
    {
        torch::Tensor frames = torch::full({5, 12, 16}, 100, torch::kUInt8);
        for (int i = 0; i < 5; ++i) // something bright walks to the right
            frames[i].narrow(1, 3 * i, 3).fill_(200);
        const torch::Tensor background = stillBackground(frames);
        QVERIFY(background.eq(100).all().item<bool>());
        const torch::Tensor moving = movingPixels(frames[2], background);
        torch::Tensor expected = torch::zeros({12, 16}, torch::kBool);
        expected.narrow(1, 6, 3).fill_(true);
        QVERIFY(torch::equal(moving, expected));
        torch::Tensor speck = torch::full({12, 16}, 100, torch::kUInt8);
        speck[5][5] = 200;
        QVERIFY(!movingPixels(speck, background).any().item<bool>());
        // 25 grey levels are noise, 26 are not.
        QVERIFY(!movingPixels(torch::full({12, 16}, 125, torch::kUInt8), background).any().item<bool>());
        QVERIFY(movingPixels(torch::full({12, 16}, 126, torch::kUInt8), background).all().item<bool>());
    }

    void personsMove()
    {
        torch::Tensor moving = torch::zeros({20, 20}, torch::kBool);
        moving.narrow(0, 0, 10).narrow(1, 0, 4).fill_(true);
        const ScoredBox stone{.x = 10, .y = 10, .width = 5, .height = 10, .score = 0.4F};
        const ScoredBox walking{.x = 0, .y = 0, .width = 10, .height = 20, .score = 0.2F}; // a fifth moves
        const ScoredBox still{.x = 1, .y = 0, .width = 10, .height = 20, .score = 0.3F};   // less does
        const ScoredBox faint{.x = 0, .y = 0, .width = 4, .height = 10, .score = 0.19F};
        const ScoredBox empty{.x = 0, .y = 0, .width = 0, .height = 10, .score = 0.9F};
        QCOMPARE(likelyPersons({stone, walking, still, faint, empty}, moving),
                 std::vector<ScoredBox>{walking});
    }

    void gapsOfOneFrameAreFilled()
    {
        const auto at = [](float x) {
            return ScoredBox{.x = x, .y = 0, .width = 10, .height = 20, .score = 0.5F};
        };
        std::vector<std::vector<ScoredBox>> frames = {{at(0), at(100)}, {at(101)}, {at(4), at(102)}, {}, {}};
        fillGaps(frames);
        QCOMPARE(frames[1], (std::vector<ScoredBox>{at(101), at(2)}));
        QVERIFY(frames[3].empty()); // nobody after it
        std::vector<std::vector<ScoredBox>> far = {{at(0)}, {}, {at(9)}};
        fillGaps(far);
        QVERIFY(far[1].empty()); // another person
    }

    void withoutADetectorItIsRefused()
    {
        try {
            pedestriansRecipe().draw({}, {});
            QFAIL("frames were labelled by nobody");
        } catch (const Error& error) {
            QCOMPARE(QString(error.what()),
                     QString("pedestrians: is labelled by a detector, which is not at hand here. Build it "
                             "with `assay-cli data get pedestrians`."));
        }
    }
};

QTEST_GUILESS_MAIN(TestPedestrians)
#include "tst_pedestrians.moc"
