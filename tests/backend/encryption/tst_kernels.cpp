#include "backend/encryption/byte_kernels.h"
#include "backend/encryption/cipher_tables.h"
#include "backend/encryption/field_kernels.h"
#include "backend/encryption/field_moves.h"
#include "backend/encryption/image_loop.h"

#include <QTest>

#include <atomic>
#include <random>
#include <stdexcept>
#include <vector>

using namespace assay::encryption;

/// The loops below the ciphers.
class TestKernels : public QObject
{
    Q_OBJECT

    static std::vector<std::uint8_t> noise(std::size_t count)
    {
        std::mt19937 generator(7);
        std::vector<std::uint8_t> bytes(count);
        for (std::uint8_t& byte : bytes)
            byte = static_cast<std::uint8_t>(generator());
        return bytes;
    }

    static FieldKernel kernelOf(const FieldKernels& all, int side, int bits)
    {
        if (bits == 8)
            return side == 2 ? all.bytes2 : side == 4 ? all.bytes4 : all.bytes8;
        return side == 2 ? all.nibbles2 : side == 4 ? all.nibbles4 : all.nibbles8;
    }

private Q_SLOTS:
    /// Field by field, for every instruction set of this machine.
    void fieldsGoWhereTheyShould()
    {
        constexpr int kLanes = 37; // more than fit into vectors, and a rest
        const std::vector<std::uint8_t> bytes = noise(8 * kLanes * 16);
        std::mt19937 generator(3);
        for (const FieldKernels* kernels : runnableFieldKernels()) {
            for (const int side : {2, 4, 8}) {
                for (const int bits : {8, 4}) {
                    const int fields = side * 8 / bits;
                    std::vector<const std::uint8_t*> rows;
                    std::vector<int> shifts;
                    for (int k = 0; k < fields; ++k) {
                        rows.push_back(bytes.data() +
                                       generator() % 16 * static_cast<unsigned>(side * kLanes));
                        shifts.push_back(static_cast<int>(generator() % static_cast<unsigned>(fields)) *
                                         bits);
                    }
                    const std::uint64_t flip = 0xf0000f0ff00f00ffu;
                    std::vector<std::uint8_t> out(static_cast<std::size_t>(side * kLanes));
                    kernelOf(*kernels, side, bits)(rows.data(), shifts.data(), flip, out.data(), kLanes);
                    for (int lane = 0; lane < kLanes; ++lane) {
                        for (int k = 0; k < fields; ++k) {
                            const auto field = [&](const std::uint8_t* row, int at) {
                                return row[lane * side + at / 8] >> at % 8 & ((1 << bits) - 1);
                            };
                            const int expected = field(rows[static_cast<std::size_t>(k)],
                                                       shifts[static_cast<std::size_t>(k)]) ^
                                                 static_cast<int>(flip >> (bits * k) & ((1u << bits) - 1));
                            QVERIFY2(field(out.data(), bits * k) == expected, kernels->name);
                        }
                    }
                }
            }
        }
    }

    /// Tables of places and of fields give the same bytes.
    void fieldsAreTheTablesOfPlaces()
    {
        const SecretKey key = SecretKey::fromBytes("vision");
        for (const Scheme scheme : {Scheme::Shf, Scheme::Le}) {
            for (const int side : {1, 2, 4, 8, 16}) {
                for (const std::int64_t channels : {1, 3}) {
                    const ImageShape shape{channels, 48, 80};
                    const CipherTables tables =
                        cipherTables({.scheme = scheme, .block = side}, key, shape, "");
                    QCOMPARE(tables.fields.side, side == 1 || side == 16 ? 0 : side);
                    if (tables.fields.side == 0)
                        continue;
                    const auto values = static_cast<std::size_t>(shape.values());
                    const std::vector<std::uint8_t> in = noise(values);
                    std::vector<std::uint8_t> one(values), two(values), back(values);
                    if (scheme == Scheme::Shf)
                        moveBytes(in.data(), tables.moves.source.data(), tables.moves.mask.data(), one.data(),
                                  0, shape.values());
                    else
                        moveNibbles(in.data(), tables.halves.low.data(), tables.halves.high.data(),
                                    tables.halves.mask.data(), one.data(), 0, shape.values());
                    runFields(tables.fields, shape, in.data(), two.data(), 0, shape.height / side);
                    QVERIFY(one == two);
                    runFields(tables.fieldsBack, shape, two.data(), back.data(), 0, shape.height / side);
                    QVERIFY(back == in);
                }
            }
        }
    }

    void everyPartOnce()
    {
        for (const std::int64_t images : {0, 1, 5}) {
            for (const std::int64_t units : {1, 7, 600000}) {
                for (const std::int64_t weight : {1, 100000}) {
                    std::atomic<std::int64_t> seen = 0;
                    forEachPart(images, units, weight, false,
                                [&](std::int64_t image, std::int64_t first, std::int64_t last) {
                                    if (image >= 0 && image < images && first >= 0 && last <= units)
                                        seen += last - first;
                                });
                    QCOMPARE(seen.load(), images * units);
                }
            }
        }
    }

    void exceptionsComeThrough()
    {
        QVERIFY_EXCEPTION_THROWN(forEachPart(4, 1 << 20, 1, false,
                                             [](std::int64_t image, std::int64_t, std::int64_t) {
                                                 if (image == 2)
                                                     throw std::runtime_error("here");
                                             }),
                                 std::runtime_error);
    }
};

QTEST_GUILESS_MAIN(TestKernels)
#include "tst_kernels.moc"
