#include "backend/attacks/mask_genes.h"

#include <QTest>

#include <algorithm>
#include <set>

using namespace assay::attacks;

namespace {

std::int64_t zeros(const Genes& mask)
{
    return std::ranges::count(mask, 0);
}

} // namespace

/// The operators of the search for patch masks; results by hand.
class TestMaskGenes : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void rateIsRoundedDown()
    {
        QCOMPARE(droppedPatches(0.1, 81), 8); // the publication's 9 x 9 patches
        QCOMPARE(droppedPatches(0.1, 49), 4);
        QCOMPARE(droppedPatches(0.1, 50), 5);
        QCOMPARE(droppedPatches(0.3, 10), 3); // 0.3 * 10 is below 3 in floating point
        QCOMPARE(droppedPatches(0, 49), 0);
    }

    void randomMasksDropExactly()
    {
        GeneDraws draws(1, 2, 3);
        std::vector<int> dropped(49, 0);
        for (int i = 0; i < 4900; ++i) {
            const Genes mask = randomGenes(49, 4, draws);
            QCOMPARE(zeros(mask), 4);
            for (std::size_t g = 0; g < mask.size(); ++g)
                dropped[g] += 1 - mask[g];
        }
        // 400 expected at each place, standard deviation 19: all within five of them.
        for (const int count : dropped)
            QVERIFY(std::abs(count - 400) < 96);
    }

    void drawsDependOnSeedSampleAndGeneration()
    {
        const auto first = [](std::uint64_t seed, std::uint64_t sample, std::uint64_t generation) {
            GeneDraws draws(seed, sample, generation);
            return randomGenes(81, 8, draws);
        };
        QCOMPARE(first(1, 2, 3), first(1, 2, 3));
        QVERIFY(first(1, 2, 3) != first(2, 2, 3));
        QVERIFY(first(1, 2, 3) != first(1, 3, 3));
        QVERIFY(first(1, 2, 3) != first(1, 2, 4));
        QVERIFY(first(1, 2, 3) != first(2, 1, 3));
    }

    /// Kinds of disagreement alternate apart from one another, each beginning with 0.
    void crossoverAlternates()
    {
        const Genes a = {1, 1, 0, 0, 1, 0, 1}, b = {0, 1, 1, 1, 0, 0, 0};
        QCOMPARE(crossover(a, b), (Genes{0, 1, 0, 1, 1, 0, 0}));
        QCOMPARE(crossover(b, a), (Genes{0, 1, 0, 1, 1, 0, 0}));
        QCOMPARE(crossover(a, a), a);
    }

    void childrenDropBetweenIntersectionAndUnion()
    {
        GeneDraws draws(7, 0, 0);
        for (int i = 0; i < 200; ++i) {
            const Genes a = randomGenes(49, 9, draws), b = randomGenes(49, 9, draws), child = crossover(a, b);
            std::int64_t both = 0, either = 0;
            for (std::size_t g = 0; g < a.size(); ++g) {
                both += a[g] == 0 && b[g] == 0;
                either += a[g] == 0 || b[g] == 0;
                if (a[g] == b[g])
                    QCOMPARE(child[g], a[g]);
            }
            QVERIFY(zeros(child) >= both && zeros(child) <= either);
            QVERIFY(zeros(child) >= 9); // ties of a count that is odd go to the zero
        }
    }

    void offspringAreChildrenThenFreshMasks()
    {
        MaskPopulation parents;
        for (int i = 0; i < 40; ++i) {
            Genes mask(81, 1);
            std::fill_n(mask.begin() + (i % 12), 8, std::uint8_t(0)); // the elite drops patches 0 .. 18 only
            if (i >= 12)
                std::ranges::fill(mask, std::uint8_t(0)); // nobody but the elite may be a parent
            parents.masks.push_back(mask);
            parents.fitness.push_back(i);
        }
        QCOMPARE(eliteCount(40, 0.3), 12);
        QCOMPARE(eliteCount(20, 0.3), 6);
        QCOMPARE(eliteCount(2, 0.3), 2);
        GeneDraws draws(5, 0, 1);
        const std::vector<Genes> next = offspring(parents, 0.3, 8, draws);
        QCOMPARE(next.size(), std::size_t(40));
        for (std::size_t i = 0; i < 12; ++i)
            QVERIFY(std::all_of(next[i].begin() + 19, next[i].end(), [](auto bit) { return bit == 1; }));
        for (std::size_t i = 12; i < 40; ++i)
            QCOMPARE(zeros(next[i]), 8);
        QCOMPARE(std::set<Genes>(next.begin() + 12, next.end()).size(), std::size_t(28));
    }

    void selectionKeepsTheBestOfBoth()
    {
        const MaskPopulation parents{{{1, 1}, {1, 0}, {0, 1}}, {-2, -1, 3}};
        const MaskPopulation children{{{0, 0}, {1, 0}, {0, 1}}, {-1.5, 9, -3}};
        const MaskPopulation kept = select(parents, children);
        QCOMPARE(kept.fitness, (std::vector<double>{-3, -2, -1.5}));
        QCOMPARE(kept.masks, (std::vector<Genes>{{0, 1}, {1, 1}, {0, 0}}));
    }

    void equalFitnessIsKeptOnceAndTheWorstRepeated()
    {
        const MaskPopulation parents{{{1, 1}, {1, 0}, {0, 1}}, {1, 2, 2}};
        const MaskPopulation children{{{0, 0}, {0, 0}, {0, 0}}, {1, 1 + 1e-12, 2}};
        const MaskPopulation kept = select(parents, children);
        QCOMPARE(kept.fitness, (std::vector<double>{1, 2, 2}));
        QCOMPARE(kept.masks, (std::vector<Genes>{{1, 1}, {1, 0}, {1, 0}})); // parents win
    }
};

QTEST_GUILESS_MAIN(TestMaskGenes)
#include "tst_mask_genes.moc"
