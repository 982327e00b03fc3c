#include "hostile_input.h"
#include "pth_builder.h"
#include "tests/backend/mutated.h"

#include <QTest>

using namespace assay::test;

namespace {

constexpr int kRounds = 20000; ///< of each of the loops below, from fixed seeds

bool reads(const QByteArray& bytes)
{
    return fuzzPth({reinterpret_cast<const std::uint8_t*>(bytes.constData()), std::size_t(bytes.size())});
}

/// Two tensors, one of them a transposed view, in a checkpoint with other things.
QByteArray body()
{
    const QByteArray storage = pickleStorage("FloatStorage", "0", 6);
    const QByteArray flags = pickleStorage("BoolStorage", "1", 4);
    return pickleDict({{"epoch", pickleInt(3)},
                       {"state_dict", pickleDict({{"a.weight", pickleTensor(storage, 0, {2, 3}, {3, 1})},
                                                  {"a.view", pickleTensor(storage, 1, {2, 2}, {1, 2})},
                                                  {"mask", pickleTensor(flags, 0, {4}, {1})}})},
                       {"list", "](K\x01K\x02"
                                "e"},
                       {"set", pickleGlobal("__builtin__", "set") + "](K\x07"
                                                                    "e\x85R"}});
}

std::vector<QByteArray> storages()
{
    return {floats({0, 1, 2, 3, 4, 5}), QByteArray("\0\1\1\0", 4)};
}

QByteArray legacy()
{
    const QByteArray magic("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19\x2e", 15);
    const auto count = [](qint64 value) { return QByteArray(reinterpret_cast<const char*>(&value), 8); };
    return magic + pickleOf(pickleInt(1001)) + pickleOf(pickleDict({{"little_endian", "\x88"}})) +
           pickleOf(body()) + pickleOf("](" + pickleText("0") + pickleText("1") + "e") + count(6) +
           storages()[0] + count(4) + storages()[1];
}

} // namespace

/// A fixed number of mutations from fixed seeds; see hostile_input.h for what must hold.
class FuzzPth : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void theSeedsAreGoodFiles()
    {
        QVERIFY(reads(pthOf(body(), storages())));
        QVERIFY(reads(pthOf(body(), storages(), true)));
        QVERIFY(reads(legacy()));
    }

    void mutatedFiles()
    {
        const QByteArray seeds[] = {pthOf(body(), storages()), pthOf(body(), storages(), true), legacy()};
        std::mt19937 random(3);
        int read = 0;
        for (int round = 0; round < kRounds; ++round)
            read += reads(mutated(seeds[round % 3], random)) ? 1 : 0;
        QVERIFY(read > 0 && read < kRounds);
    }

    /// The archive is sound again, so that the mutation reaches the pickle machine and the tensors.
    void mutatedPickles()
    {
        std::mt19937 random(4);
        int read = 0;
        for (int round = 0; round < kRounds; ++round)
            read += reads(pthOf(mutated(body(), random), storages())) ? 1 : 0;
        QVERIFY(read > 0 && read < kRounds);
    }

    void noise()
    {
        std::mt19937 random(5);
        for (int round = 0; round < kRounds; ++round) {
            QByteArray bytes(qsizetype(random() % 96), Qt::Uninitialized);
            for (char& byte : bytes)
                byte = char(random());
            QVERIFY(!reads(round % 2 == 0 ? bytes : "PK\x03\x04" + bytes));
            reads(pthOf(bytes, storages()));
        }
    }
};

QTEST_GUILESS_MAIN(FuzzPth)
#include "fuzz_pth.moc"
