#include "plugins/encryption/explore_blocks.h"

#include <QTest>
#include <torch/types.h>

#include <algorithm>
#include <set>

using namespace assay;
using namespace assay::encryption;

/// Where blocks go, against what the cipher says of its values.
class TestExploreBlocks : public QObject
{
    Q_OBJECT

    static constexpr std::int64_t kSide = 24;
    const SecretKey m_key = SecretKey::fromBytes("where blocks go");

    Cipher cipherOf(const CipherSpec& spec) const { return {spec, m_key, 3, kSide, kSide}; }
    static BlockMove followed(const Cipher& cipher, std::int64_t row, std::int64_t column, bool inEncrypted)
    {
        return followBlock(cipher, 3, kSide, kSide, row, column, inEncrypted);
    }

private Q_SLOTS:
    void etcMovesThemWhereItsValuesGo()
    {
        const Cipher cipher = cipherOf({.scheme = Scheme::Etc, .block = 4});
        // Value i of the encrypted image came from sources[i]: channel, row, column.
        const torch::Tensor sources = cipher.sources();
        std::set<std::string> changes;
        for (std::int64_t row = 0; row < kSide; row += 4)
            for (std::int64_t column = 0; column < kSide; column += 4) {
                const BlockMove back = followed(cipher, row + 1, column + 3, true);
                QCOMPARE(back.toRow, row);
                QCOMPARE(back.toColumn, column);
                const std::int64_t source = sources[row * kSide + column].item<std::int64_t>();
                QCOMPARE(back.fromRow, source / kSide % kSide / 4 * 4);
                QCOMPARE(back.fromColumn, source % kSide / 4 * 4);
                const BlockMove there = followed(cipher, back.fromRow + 2, back.fromColumn, false);
                QCOMPARE(there.toRow, row);
                QCOMPARE(there.toColumn, column);
                QCOMPARE(there.change, back.change);
                QVERIFY(there.change != "changed");
                changes.insert(there.change);
            }
        QVERIFY(changes.size() > 10); // of 96 ways
    }

    void whatEtcDoesIsSaid()
    {
        CipherSpec spec{
            .scheme = Scheme::Etc, .block = 4, .permute = false, .rotate = false, .channels = false};
        std::int64_t inverted = 0, same = 0;
        for (std::int64_t column = 0; column < kSide; column += 4) {
            const BlockMove move = followed(cipherOf(spec), 0, column, false);
            QCOMPARE(move.toColumn, column);
            inverted += move.change == "inverted";
            same += move.change == "as it was";
        }
        QCOMPARE(inverted + same, kSide / 4);
        spec.negative = false;
        QCOMPARE(followed(cipherOf(spec), 5, 5, false).change, std::string("as it was"));
    }

    void eleMovesEachSomewhereElse()
    {
        const Cipher cipher = cipherOf({.scheme = Scheme::Ele, .block = 8});
        std::set<std::pair<std::int64_t, std::int64_t>> reached;
        for (std::int64_t row = 0; row < kSide; row += 8)
            for (std::int64_t column = 0; column < kSide; column += 8) {
                const BlockMove move = followed(cipher, row, column, false);
                reached.insert({move.toRow, move.toColumn});
                const BlockMove back = followed(cipher, move.toRow, move.toColumn, true);
                QCOMPARE(back.fromRow, row);
                QCOMPARE(back.fromColumn, column);
            }
        QCOMPARE(reached.size(), std::size_t(9));
    }

    void othersStay()
    {
        for (const Scheme scheme : {Scheme::Le, Scheme::Shf, Scheme::Np, Scheme::Ffx, Scheme::Pe}) {
            const BlockMove move = followed(cipherOf({.scheme = scheme, .block = 4}), 13, 22, false);
            QCOMPARE(move.fromRow, move.toRow);
            QCOMPARE(move.fromColumn, move.toColumn);
            QCOMPARE(move.side, std::int64_t(scheme == Scheme::Pe ? 1 : 4));
        }
    }

    /// A frame that was dragged out of the picture is that at its edge.
    void pixelsAreClipped()
    {
        const BlockMove move = followed(cipherOf({.scheme = Scheme::Shf, .block = 8}), 99, -5, false);
        QCOMPARE(move.fromRow, std::int64_t(16));
        QCOMPARE(move.fromColumn, std::int64_t(0));
    }
};

QTEST_GUILESS_MAIN(TestExploreBlocks)
#include "tst_explore_blocks.moc"
