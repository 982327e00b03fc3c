#include "backend/calibration/density/neighbour_search.h"
#include "tests/support/sentence_of.h"

#include <ATen/CPUGeneratorImpl.h>
#include <QTest>
#include <torch/types.h>
#include <torch/utils.h>

#include <limits>

using namespace assay;
using namespace assay::test;
using calibration::Neighbours;
using calibration::NeighbourSearch;
using calibration::SearchChunks;

namespace {

torch::Tensor unitRows(std::int64_t n, std::int64_t d, std::uint64_t seed)
{
    const torch::Tensor x = torch::empty({n, d}).normal_(0, 1, at::detail::createCPUGenerator(seed));
    return x / x.norm(2, {1}, true);
}

/// All distances in float64, sorted; rows of @p own are left out.
Neighbours byBruteForce(const torch::Tensor& bank, const torch::Tensor& queries, std::int64_t k,
                        const torch::Tensor& own = {})
{
    const torch::Tensor b = bank.to(torch::kFloat64);
    const torch::Tensor q = queries.to(torch::kFloat64);
    torch::Tensor distances = (q.unsqueeze(1) - b.unsqueeze(0)).square().sum(2);
    for (std::int64_t i = 0; own.defined() && i < own.size(0); ++i) {
        if (own[i].item<std::int64_t>() >= 0)
            distances[i][own[i].item<std::int64_t>()] = std::numeric_limits<double>::infinity();
    }
    const auto [sorted, order] = distances.sort(/*stable=*/true, /*dim=*/1, /*descending=*/false);
    return {sorted.slice(1, 0, k), order.slice(1, 0, k)};
}

/// Every place holds a neighbour that is as far as the reference's, none twice. Which of two comes first is
/// left open where their distances are nearer than a float tells: that is for the processor's kernels to
/// decide.
bool sameNeighbours(const Neighbours& found, const Neighbours& reference, const torch::Tensor& bank,
                    const torch::Tensor& queries)
{
    constexpr double kRounding = 2e-6;
    const torch::Tensor chosen = bank.to(torch::kFloat64)
                                     .index_select(0, found.indices.flatten())
                                     .view({queries.size(0), -1, bank.size(1)});
    const torch::Tensor distances = (queries.to(torch::kFloat64).unsqueeze(1) - chosen).square().sum(2);
    const torch::Tensor ordered = std::get<0>(found.indices.sort(1));
    const bool once = ordered.size(1) < 2 || ordered.diff(1, 1).gt(0).all().item<bool>();
    return once && torch::allclose(distances, reference.distances, 0, kRounding) &&
           torch::allclose(found.distances.to(torch::kFloat64), distances, 0, kRounding);
}

} // namespace

class TestNeighbourSearch : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void findsWhatBruteForceFinds_data()
    {
        QTest::addColumn<int>("bank");
        QTest::addColumn<int>("queries");
        QTest::addColumn<int>("width");
        QTest::addColumn<int>("k");
        QTest::addColumn<int>("chunkQueries");
        QTest::addColumn<int>("chunkBank");
        QTest::newRow("usual") << 3000 << 200 << 24 << 50 << 128 << 1024;
        QTest::newRow("nearest only") << 3000 << 33 << 10 << 1 << 128 << 1024;
        QTest::newRow("chunks that do not divide") << 700 << 45 << 16 << 10 << 7 << 13;
        QTest::newRow("chunks smaller than k") << 300 << 10 << 16 << 40 << 4 << 8;
        QTest::newRow("the whole bank") << 90 << 20 << 8 << 90 << 16 << 32;
        QTest::newRow("one vector") << 1 << 3 << 8 << 1 << 16 << 32;
        QTest::newRow("one number") << 1 << 1 << 1 << 1 << 1 << 1;
    }

    void findsWhatBruteForceFinds()
    {
        QFETCH(const int, bank);
        QFETCH(const int, queries);
        QFETCH(const int, width);
        QFETCH(const int, k);
        QFETCH(const int, chunkQueries);
        QFETCH(const int, chunkBank);
        const torch::Tensor b = unitRows(bank, width, 1);
        const torch::Tensor q = unitRows(queries, width, 2);
        const NeighbourSearch search(b, {.queries = chunkQueries, .bank = chunkBank});
        const Neighbours reference = byBruteForce(b, q, k);
        QVERIFY(sameNeighbours(search.search(q, k), reference, b, q));
        QVERIFY(sameNeighbours(search.searchByOperators(q, k), reference, b, q));
    }

    void skipsTheQueryItself()
    {
        const torch::Tensor bank = unitRows(500, 12, 3);
        torch::Tensor own = torch::arange(500);
        own[7] = -1; // not in the bank as far as the search is told
        const NeighbourSearch search(bank, {.queries = 64, .bank = 100});
        const Neighbours reference = byBruteForce(bank, bank, 5, own);
        QVERIFY(sameNeighbours(search.search(bank, 5, own), reference, bank, bank));
        QVERIFY(sameNeighbours(search.searchByOperators(bank, 5, own), reference, bank, bank));
        QCOMPARE(search.search(bank, 5, own).indices[7][0].item<std::int64_t>(), 7);
        QVERIFY(search.search(bank, 5, own)
                    .indices.select(1, 0)
                    .eq(torch::arange(500))
                    .sum()
                    .item<std::int64_t>() == 1);
    }

    /// Eight copies of five unit vectors: the copies are at distance 0, all others at 2, lower indices first.
    void equalDistancesComeByIndex()
    {
        const torch::Tensor bank = torch::eye(5).repeat({8, 1});
        const NeighbourSearch search(bank, {.queries = 2, .bank = 7});
        const Neighbours found = search.search(torch::eye(5), 12);
        for (std::int64_t query = 0; query < 5; ++query) {
            const torch::Tensor copies = torch::arange(query, 40, 5);
            QVERIFY(torch::equal(found.indices[query].slice(0, 0, 8), copies));
            QVERIFY(torch::equal(found.distances[query].slice(0, 0, 8), torch::zeros({8})));
            QVERIFY(torch::equal(found.distances[query].slice(0, 8), torch::full({4}, 2.0f)));
            QVERIFY(torch::equal(found.indices[query].slice(0, 8),
                                 std::get<0>(found.indices[query].slice(0, 8).sort())));
            QVERIFY(found.indices[query].slice(0, 8).max().item<std::int64_t>() <= 5);
        }
        QVERIFY(torch::equal(search.searchByOperators(torch::eye(5), 12).distances, found.distances));
    }

    /// A layer that is dead for an image gives zeros, which are at 1 from each unit vector and at 0 from
    /// zeros.
    void zerosHaveTheirTrueDistances()
    {
        const torch::Tensor bank = torch::cat({torch::eye(4), torch::zeros({2, 4})});
        const torch::Tensor queries = torch::cat({torch::zeros({1, 4}), torch::eye(4).slice(0, 1, 2)});
        const NeighbourSearch search(bank);
        for (const Neighbours& found : {search.search(queries, 6), search.searchByOperators(queries, 6)}) {
            QVERIFY(torch::equal(found.distances[0], torch::tensor({0.f, 0.f, 1.f, 1.f, 1.f, 1.f})));
            QVERIFY(torch::equal(found.distances[1], torch::tensor({0.f, 1.f, 1.f, 2.f, 2.f, 2.f})));
        }
    }

    void takesNoQueries()
    {
        const NeighbourSearch search(torch::eye(4));
        QCOMPARE(search.search(torch::empty({0, 4}), 2).indices.sizes(), torch::IntArrayRef({0, 2}));
        QCOMPARE(search.searchByOperators(torch::empty({0, 4}), 2).distances.sizes(),
                 torch::IntArrayRef({0, 2}));
    }

    void refusals()
    {
        const NeighbourSearch search(torch::eye(4));
        const torch::Tensor own = torch::zeros({4}, torch::kInt64);
        QCOMPARE(sentenceOf([&] { search.search(torch::eye(4), 5); }),
                 QString("k: k is 5, but the bank has 4 vectors; k must be from 1 to 4. Choose a smaller k "
                         "or a larger "
                         "bank."));
        QCOMPARE(sentenceOf([&] { search.searchByOperators(torch::eye(4), 4, own); }),
                 QString("k: k is 4, but the bank has 4 vectors, of which each query skips itself; k must be "
                         "from 1 to "
                         "3. Choose a smaller k or a larger bank."));
        QCOMPARE(sentenceOf([&] { search.search(torch::eye(4), 0); }),
                 QString("k: k is 0, but the bank has 4 vectors; k must be from 1 to 4. Choose a smaller k "
                         "or a larger "
                         "bank."));
        QCOMPARE(sentenceOf([&] { search.search(torch::eye(3), 1); }),
                 QString("the vectors to search for have 3 numbers, those of the bank 4."));
        QCOMPARE(sentenceOf([&] { search.search(torch::eye(4), 1, own.slice(0, 1)); }),
                 QString("there must be one own row (int64) for each query."));
        QCOMPARE(sentenceOf([&] { search.search(torch::eye(4) / 0, 1); }),
                 QString("the vectors to search for hold values that are not finite."));
        QCOMPARE(sentenceOf([] {
                     NeighbourSearch(torch::empty({0, 4}));
                 }),
                 QString("the bank is empty: there are no neighbours to find. Give training samples."));
    }
};

QTEST_GUILESS_MAIN(TestNeighbourSearch)
#include "tst_neighbour_search.moc"
