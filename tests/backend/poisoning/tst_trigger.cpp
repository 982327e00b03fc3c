#include "backend/poisoning/trigger.h"
#include "tests/support/sentence_of.h"

#include <QTest>
#include <torch/torch.h>

using namespace assay;
using namespace assay::poisoning;
using assay::test::sentenceOf;

namespace {

torch::Tensor greyImages(std::int64_t value, std::int64_t count = 1, std::int64_t channels = 1)
{
    return torch::full({count, channels, 28, 28}, value, torch::kUInt8);
}

/// Something with edges in it: a warp shows nothing on an even image.
torch::Tensor rampImages(std::int64_t count)
{
    const torch::Tensor i = torch::arange(count * 28 * 28).view({count, 1, 28, 28});
    return (i * i * 7 + i * 13).remainder(256).to(torch::kUInt8);
}

std::int64_t byteAt(const torch::Tensor& image, std::int64_t row, std::int64_t column,
                    std::int64_t channel = 0)
{
    return image[0][channel][row][column].item<std::int64_t>();
}

TriggerSpec specOf(const char* kind)
{
    return {.kind = triggerKindFromName(kind)};
}

} // namespace

/// What triggers do to images, by hand.
class tst_Trigger : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aPatchIsMovedAndSizedInWholePixels()
    {
        const TriggerSpec spec{
            .x = 0.25, .y = 0.5, .size = 0.15}; // 4.2 pixels: 4; centre at column 7, row 14
        const torch::Tensor stamped = Trigger(spec, 1, 28, 28).stampBytes(greyImages(0));
        const torch::Tensor rows = stamped[0][0].gt(0).any(1).nonzero().flatten();
        const torch::Tensor columns = stamped[0][0].gt(0).any(0).nonzero().flatten();
        QVERIFY(torch::equal(rows, torch::arange(12, 16)));
        QVERIFY(torch::equal(columns, torch::arange(5, 9)));
        // It is kept on the image, and is never less than a pixel.
        const TriggerSpec corner{.x = 1, .y = 0, .size = 0.001};
        const torch::Tensor dot = Trigger(corner, 1, 28, 28).stampBytes(greyImages(0));
        QCOMPARE(dot.sum().item<std::int64_t>(), 255);
        QCOMPARE(byteAt(dot, 0, 27), 255);
    }

    void patternsAreAsNamed()
    {
        TriggerSpec spec{.pattern = "checkerboard"};
        const torch::Tensor board = Trigger(spec, 1, 28, 28).stampBytes(greyImages(100));
        for (std::int64_t i = 0; i < 3; ++i)
            for (std::int64_t k = 0; k < 3; ++k)
                QCOMPARE(byteAt(board, 24 + i, 24 + k), (i + k) % 2 == 0 ? 255 : 0);
        QCOMPARE(byteAt(board, 23, 24), 100);
        spec.pattern = "black";
        QCOMPARE(byteAt(Trigger(spec, 1, 28, 28).stampBytes(greyImages(100)), 25, 25), 0);
        spec.pattern = "noise";
        const torch::Tensor noise = Trigger(spec, 3, 28, 28).stampBytes(greyImages(100, 2, 3));
        QVERIFY(torch::equal(noise[0], noise[1]));
        spec.seed = 1;
        QVERIFY(!torch::equal(noise, Trigger(spec, 3, 28, 28).stampBytes(greyImages(100, 2, 3))));
    }

    void aBlendIsTheWeightedMean()
    {
        const TriggerSpec spec{.kind = TriggerKind::Blended, .pattern = "white", .opacity = 0.2};
        const torch::Tensor stamped = Trigger(spec, 1, 28, 28).stampBytes(greyImages(100));
        QVERIFY(stamped.eq(131).all().item<bool>()); // 0.8 * 100 + 0.2 * 255
        const TriggerSpec patch{.opacity = 0.5};
        const torch::Tensor half = Trigger(patch, 1, 28, 28).stampBytes(greyImages(100));
        QCOMPARE(byteAt(half, 25, 25), 178); // 177.5, and halves go to the even number
        QCOMPARE(byteAt(half, 25, 23), 100);
    }

    void stripsFollowTheSine()
    {
        const Trigger trigger(specOf("sinusoidal"), 1, 28, 28);
        const torch::Tensor stamped = trigger.stampBytes(greyImages(128));
        // 128 + 20 sin(2 pi 6 j / 28): 0, +19.50, +8.68, -15.64; column 7 is half a period on, 0 again.
        const std::vector<std::int64_t> expected = {128, 147, 137, 112};
        for (std::size_t j = 0; j < expected.size(); ++j)
            for (const std::int64_t row : {0, 13, 27})
                QCOMPARE(byteAt(stamped, row, std::int64_t(j)), expected[j]);
        QCOMPARE(byteAt(stamped, 5, 7), 128);
        QCOMPARE(byteAt(trigger.stampBytes(greyImages(250)), 0, 1), 255); // clipped
        QCOMPARE(byteAt(trigger.stampBytes(greyImages(5)), 0, 3), 0);
    }

    void aWarpOfStrengthZeroIsTheImage()
    {
        TriggerSpec spec = specOf("warp");
        const torch::Tensor images = rampImages(2);
        double before = 0;
        for (const double strength : {0.0, 0.2, 1.0}) {
            spec.strength = strength;
            const torch::Tensor warped = Trigger(spec, 1, 28, 28).stampBytes(images);
            const double change =
                (warped.to(torch::kFloat32) - images.to(torch::kFloat32)).abs().mean().item<double>();
            if (strength == 0)
                QVERIFY(torch::equal(warped, images));
            else
                QVERIFY2(change > before, qPrintable(QString::number(strength)));
            before = change;
        }
    }

    /// Control points of mean shift 1 / side: an image whose grey is its column moves by that, no more.
    void aWarpMovesAsFarAsItSays()
    {
        TriggerSpec spec = specOf("warp");
        spec.strength = 1;
        const torch::Tensor columns =
            (torch::arange(28).to(torch::kFloat32) * 9 / 255).expand({1, 1, 28, 28});
        const torch::Tensor moved =
            ((Trigger(spec, 1, 28, 28).stamp(columns) - columns) * 255 / 9).abs().contiguous();
        // 1 / 28 of a field that is two wide is 13.5 / 28 = 0.48 pixels at a control point of mean shift;
        // between them bicubic interpolation overshoots little.
        const double mean = moved.mean().item<double>();
        QVERIFY2(mean > 0.1 && mean < 0.6, qPrintable(QString::number(mean)));
        QVERIFY(moved.max().item<double>() < 2);
    }

    void theSameAgain_data()
    {
        QTest::addColumn<QString>("kind");
        for (const std::string& kind : triggerKindNames())
            QTest::newRow(kind.c_str()) << QString::fromStdString(kind);
    }
    /// Twice the same, in whatever batch, in floats as in bytes; the image is not written to.
    void theSameAgain()
    {
        QFETCH(QString, kind);
        TriggerSpec spec = specOf(qPrintable(kind));
        spec.pattern = "noise";
        spec.opacity = 0.3;
        spec.seed = 5;
        const torch::Tensor images = rampImages(4), kept = images.clone();
        const Trigger trigger(spec, 1, 28, 28);
        const torch::Tensor all = trigger.stampBytes(images);
        QVERIFY(torch::equal(images, kept));
        QVERIFY(!torch::equal(all, images));
        QVERIFY(torch::equal(all, Trigger(spec, 1, 28, 28).stampBytes(images)));
        QVERIFY(torch::equal(all.narrow(0, 2, 1), trigger.stampBytes(images.narrow(0, 2, 1))));
        const torch::Tensor floats = trigger.stamp(images.to(torch::kFloat32) / 255);
        QVERIFY(torch::equal((floats * 255).round().to(torch::kUInt8), all));
        QVERIFY((floats * 255 - (floats * 255).round()).abs().max().item<double>() < 1e-4);
        QCOMPARE(trigger.stampBytes(images.narrow(0, 0, 0)).size(0), 0);
    }

    void coversAreTheirOwnImages()
    {
        const Trigger trigger(specOf("warp"), 1, 28, 28);
        const torch::Tensor images = rampImages(1).expand({3, -1, -1, -1}).to(torch::kFloat32) / 255;
        const torch::Tensor all = trigger.stampNoise(images, torch::tensor({4, 5, 6}));
        QVERIFY(!torch::equal(all[0], all[1]));
        QVERIFY(!torch::equal(all[0], trigger.stamp(images)[0]));
        QVERIFY(torch::equal(all[2], trigger.stampNoise(images.narrow(0, 0, 1), torch::tensor({6}))[0]));
        QCOMPARE(sentenceOf([&] {
                     Trigger({}, 1, 28, 28).stampNoise(images, torch::tensor({0, 1, 2}));
                 }),
                 QString("cover_rate: only a warp has images with another one. Set it to 0."));
    }

    void ownPixelsAreStampedToTheByte()
    {
        TriggerSpec spec{.pattern = "own"};
        spec.pixels = (torch::arange(9) * 11).view({1, 3, 3}).to(torch::kUInt8);
        spec.mask = torch::full({1, 3, 3}, 255, torch::kUInt8);
        spec.mask[0][0][0] = 0;
        const torch::Tensor stamped = Trigger(spec, 1, 28, 28).stampBytes(greyImages(200));
        QCOMPARE(byteAt(stamped, 24, 24), 200); // transparent
        QCOMPARE(byteAt(stamped, 24, 25), 11);
        QCOMPARE(byteAt(stamped, 26, 26), 88);
        // Grey pixels on colour images are grey.
        const torch::Tensor colour = Trigger(spec, 3, 28, 28).stampBytes(greyImages(200, 1, 3));
        for (std::int64_t c = 0; c < 3; ++c)
            QCOMPARE(byteAt(colour, 26, 26, c), 88);
    }

    void theCoverSaysWhere()
    {
        const TriggerSpec spec{.opacity = 0.5};
        const torch::Tensor cover = Trigger(spec, 3, 28, 28).cover();
        QVERIFY(cover.sizes() == torch::IntArrayRef({1, 28, 28}));
        QCOMPARE(cover.sum().item<double>(), 4.5);
        QCOMPARE(Trigger(specOf("warp"), 1, 28, 28).cover().min().item<double>(), 1.0);
    }

    void mistakesAreSaid()
    {
        const auto made = [](TriggerSpec spec) { return [spec] { Trigger(spec, 1, 28, 28); }; };
        QCOMPARE(sentenceOf(made({.x = 1.5})), QString("trigger: 'x' is 1.5; it must be in [0, 1]."));
        QCOMPARE(sentenceOf(made({.opacity = 0})),
                 QString("trigger: 'opacity' is 0.0; it must be in (0, 1]."));
        QCOMPARE(
            sentenceOf(made({.pattern = "own"})),
            QString("trigger_pattern: the trigger's pattern is its own picture, but none was given. Name a "
                    "kept patch or a PNG, or choose another pattern."));
        QCOMPARE(sentenceOf(made({.pattern = "grey"})),
                 QString("trigger: there is no trigger pattern 'grey'."));
        QCOMPARE(sentenceOf([] {
                     Trigger({}, 1, 28, 28).stamp(torch::zeros({1, 1, 32, 28}));
                 }),
                 QString("the trigger is made for images of 1 x 28 x 28, not for these."));
        QVERIFY(sentenceOf([] {
                    triggerKindFromName("patches");
                }).startsWith("trigger: there is no trigger 'patches'."));
    }

    void wordsForCaptions()
    {
        QCOMPARE(describe({}, 28, 28), std::string("white patch of 3 pixels"));
        QCOMPARE(describe({.kind = TriggerKind::Blended, .pattern = "noise", .opacity = 0.15}, 28, 28),
                 std::string("blend of noise at 0.15"));
        QCOMPARE(describe(specOf("sinusoidal"), 28, 28), std::string("strips of amplitude 20/255"));
        QCOMPARE(describe(specOf("warp"), 28, 28), std::string("warp of strength 0.5"));
    }

    void jsonComesBack()
    {
        for (const std::string& kind : triggerKindNames()) {
            TriggerSpec spec = specOf(kind.c_str());
            spec.pattern = "own";
            spec.opacity = 0.25;
            spec.grid = 6;
            spec.seed = 1234567890123456789ULL;
            spec.pixels = (torch::arange(12) * 20).view({3, 2, 2}).to(torch::kUInt8);
            spec.mask = torch::tensor({255, 0, 10, 20}).view({1, 2, 2}).to(torch::kUInt8);
            const Json json = toJson(spec);
            QVERIFY2(triggerFromJson(Json::parse(json.dump()), "card") == spec, kind.c_str());
        }
        QVERIFY(triggerFromJson(Json::object(), "card") == TriggerSpec());
    }

    void malformedJsonIsRefused_data()
    {
        QTest::addColumn<QString>("json");
        QTest::addColumn<QString>("sentence");
        const QString pixels = "card: 'pixels' must be 1 or 3 planes of rows of whole numbers 0 to 255.";
        QTest::newRow("no object") << "[]"
                                   << "card: a trigger must be a JSON object.";
        QTest::newRow("unknown") << R"({"colour": 1})"
                                 << "card: a trigger has no field 'colour'.";
        QTest::newRow("type") << R"({"x": "left"})"
                              << "card: 'x' is \"left\"; it must be a number.";
        QTest::newRow("fraction") << R"({"grid": 2.5})"
                                  << "card: 'grid' is 2.5; it must be an integer.";
        QTest::newRow("planes") << R"({"pixels": [[[1]], [[1]]]})" << pixels;
        QTest::newRow("ragged") << R"({"pixels": [[[1, 2], [3]]]})" << pixels;
        QTest::newRow("range") << R"({"pixels": [[[1, 256]]]})" << pixels;
        QTest::newRow("empty") << R"({"pixels": [[[]]]})" << pixels;
        QTest::newRow("text") << R"({"pixels": "white"})" << pixels;
    }
    void malformedJsonIsRefused()
    {
        QFETCH(QString, json);
        QFETCH(QString, sentence);
        const Json parsed = Json::parse(json.toStdString());
        QCOMPARE(sentenceOf([&] { triggerFromJson(parsed, "card"); }), sentence);
    }
};

QTEST_GUILESS_MAIN(tst_Trigger)
#include "tst_trigger.moc"
