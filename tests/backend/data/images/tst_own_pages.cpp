#include "backend/data/images/own_pages.h"
#include "tests/support/peak_memory.h"

#include <QTest>
#include <torch/types.h>

using namespace assay;
using namespace assay::data;

class TestOwnPages : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void shapesAreAsAsked_data()
    {
        QTest::addColumn<int>("side");
        QTest::newRow("nothing") << 0;
        QTest::newRow("on the heap") << 8;
        QTest::newRow("in pages") << 300;
    }

    void shapesAreAsAsked()
    {
        QFETCH(int, side);
        const torch::Tensor bytes = bytesInOwnPages({2, 3, side, side});
        QVERIFY(bytes.sizes() == torch::IntArrayRef({2, 3, side, side}));
        QCOMPARE(bytes.scalar_type(), torch::kUInt8);
        bytes.fill_(7);
        QCOMPARE(bytes.sum().item<std::int64_t>(), 42 * side * side);
    }

    void blocksInUseAreNobodyElses()
    {
        const torch::Tensor one = bytesInOwnPages({kBlock}).fill_(1);
        const torch::Tensor two = bytesInOwnPages({kBlock}).fill_(2);
        QVERIFY((one == 1).all().item<bool>());
        QVERIFY((two == 2).all().item<bool>());
    }

    /// A view keeps its block, and a block that was let go serves the next of its size and no other.
    void freedBlocksServeAgain()
    {
        torch::Tensor view = bytesInOwnPages({kBlock}).narrow(0, 5, 3);
        const void* block = view.storage().data();
        QVERIFY(bytesInOwnPages({kBlock}).storage().data() != block);
        view.reset();
        QVERIFY(bytesInOwnPages({kBlock + 1}).storage().data() != block);
        const torch::Tensor first = bytesInOwnPages({kBlock});
        const torch::Tensor second = bytesInOwnPages({kBlock}); // the one that was asked for beside the view
        QVERIFY(first.storage().data() == block || second.storage().data() == block);
    }

    /// One that is too large to wait drives nothing out.
    void largeBlocksLeaveOthersAlone()
    {
        torch::Tensor small = bytesInOwnPages({kBlock + 2});
        const void* block = small.storage().data();
        small.reset();
        bytesInOwnPages({40, 1 << 20});
        QVERIFY(bytesInOwnPages({kBlock + 2}).storage().data() == block);
    }

    void onlySoMuchWaits()
    {
        constexpr std::int64_t kMebi = 1 << 20;
        const std::int64_t before = test::residentMemory("VmRSS");
        {
            std::vector<torch::Tensor> many;
            for (int i = 0; i < 20; ++i)
                many.push_back(bytesInOwnPages({10 * kMebi}).fill_(1));
            QVERIFY(test::residentMemory("VmRSS") - before >= 190 * kMebi);
        }
        QVERIFY(test::residentMemory("VmRSS") - before < 40 * kMebi);
    }

private:
    static constexpr std::int64_t kBlock = 123457;
};

QTEST_GUILESS_MAIN(TestOwnPages)
#include "tst_own_pages.moc"
