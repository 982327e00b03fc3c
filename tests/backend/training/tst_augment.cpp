#include "backend/training/augment.h"

#include <ATen/CPUGeneratorImpl.h>
#include <QTest>
#include <torch/types.h>

#include <map>

using namespace assay::training;

namespace {

at::Generator seed(std::uint64_t value)
{
    return at::detail::createCPUGenerator(value);
}

} // namespace

class TestAugment : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void nothingAskedNothingDrawn()
    {
        const torch::Tensor x = torch::rand({2, 1, 3, 3}, seed(1));
        at::Generator generator = seed(2);
        const torch::Tensor before = generator.get_state();
        QVERIFY(augment(x, {}, generator).is_same(x));
        QVERIFY(torch::equal(generator.get_state(), before));
    }

    /// Every result is the image mirrored or not and moved by one of the allowed offsets, and all of them
    /// occur.
    void everyResultIsAnAllowedMove()
    {
        const int s = 1;
        const torch::Tensor image = torch::arange(1, 2 * 4 * 5 + 1).to(torch::kFloat32).view({1, 2, 4, 5});
        const torch::Tensor results =
            augment(image.repeat({500, 1, 1, 1}), {.flip = true, .shift = s}, seed(3));
        std::map<int, int> seen;
        for (std::int64_t i = 0; i < 500; ++i) {
            int matches = 0;
            for (int move = 0; move < 18; ++move) {
                const torch::Tensor from = move % 2 ? image.flip(3) : image;
                const int dy = move / 2 % 3 - s;
                const int dx = move / 6 - s;
                torch::Tensor expected = torch::zeros_like(image);
                for (int r = 0; r < 4; ++r) {
                    for (int c = 0; c < 5; ++c) {
                        if (r + dy >= 0 && r + dy < 4 && c + dx >= 0 && c + dx < 5)
                            expected.select(2, r).select(2, c).copy_(
                                from.select(2, r + dy).select(2, c + dx));
                    }
                }
                if (torch::equal(results.narrow(0, i, 1), expected)) {
                    ++matches;
                    ++seen[move];
                }
            }
            QCOMPARE(matches, 1);
        }
        QCOMPARE(seen.size(), 18u);
    }

    void flipAloneMirrorsHalf()
    {
        const torch::Tensor image = torch::arange(3).to(torch::kFloat32).view({1, 1, 1, 3});
        const torch::Tensor results = augment(image.repeat({400, 1, 1, 1}), {.flip = true}, seed(4));
        const int mirrored = results.select(3, 0).eq(2).sum().item<int>();
        QVERIFY(mirrored > 160 && mirrored < 240); // four standard deviations
    }

    void sameSeedSameResult()
    {
        const torch::Tensor x = torch::rand({20, 3, 8, 8}, seed(1));
        const Augmentation how = {.flip = true, .shift = 2};
        QVERIFY(torch::equal(augment(x, how, seed(5)), augment(x, how, seed(5))));
        QVERIFY(!torch::equal(augment(x, how, seed(5)), augment(x, how, seed(6))));
    }
};

QTEST_GUILESS_MAIN(TestAugment)
#include "tst_augment.moc"
