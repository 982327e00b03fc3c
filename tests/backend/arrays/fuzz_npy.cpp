#include "backend/arrays/array_bundle.h"
#include "backend/arrays/npy.h"
#include "backend/arrays/npy_write.h"
#include "backend/protocol/error.h"
#include "tests/backend/arrays/file_bytes.h"

#include <QTemporaryDir>
#include <QTest>
#include <torch/types.h>

#include <random>

using namespace assay;
using namespace assay::arrays;
using namespace assay::test;

/// Any bytes give arrays or an Error, never anything else, and no more memory than there are bytes for.
class FuzzNpy : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    std::mt19937 m_random{20261122};

    std::filesystem::path file(const char* name) const
    {
        return std::filesystem::path(m_dir.path().toStdString()) / name;
    }

    void damage(Bytes& bytes)
    {
        for (std::uint32_t i = 0; i <= m_random() % 4; ++i)
            bytes[m_random() % bytes.size()] = static_cast<std::uint8_t>(m_random());
        if (m_random() % 4 == 0)
            bytes.resize(m_random() % (bytes.size() + 1));
    }

private Q_SLOTS:
    void mutationsOfArrays()
    {
        writeNpy(file("good.npy"), torch::arange(24, torch::kInt16).view({2, 3, 4}));
        const Bytes good = readBytes(file("good.npy"));
        int read = 0;
        for (int round = 0; round < 200'000; ++round) {
            Bytes bytes = good;
            damage(bytes);
            try {
                const NpyArray array = readNpy(bytes, "x");
                QVERIFY(array.header.byteCount() <= bytes.size());
                ++read;
            } catch (const Error&) {
            }
        }
        QVERIFY(read > 0);
    }

    /// Digits, brackets and letters where they hurt: inside the dictionary.
    void mutationsOfHeaders()
    {
        writeNpy(file("good.npy"), torch::zeros({4, 6}));
        const Bytes good = readBytes(file("good.npy"));
        const std::string alphabet = "0123456789(),{}'\":<>|=UVSOfiubTrueFalse -L";
        int read = 0;
        for (int round = 0; round < 200'000; ++round) {
            Bytes bytes = good;
            for (std::uint32_t i = 0; i <= m_random() % 3; ++i)
                bytes[10 + m_random() % 60] =
                    static_cast<std::uint8_t>(alphabet[m_random() % alphabet.size()]);
            try {
                const NpyArray array = readNpy(bytes, "x");
                QVERIFY(array.header.byteCount() <= bytes.size());
                ++read;
            } catch (const Error&) {
            }
        }
        QVERIFY(read > 0);
    }

    void mutationsOfArchives_data()
    {
        QTest::addColumn<bool>("deflated");
        QTest::newRow("stored") << false;
        QTest::newRow("deflated") << true;
    }

    void mutationsOfArchives()
    {
        QFETCH(bool, deflated);
        const NpyValues values = {{"images", torch::arange(240, torch::kUInt8).view({5, 6, 8})},
                                  {"labels", torch::arange(5, torch::kInt64)},
                                  {"names", std::vector<std::string>{"a", "b", "c", "d", "e"}}};
        writeNpz(file("good.npz"), values, deflated ? Packing::Deflated : Packing::Stored);
        const Bytes good = readBytes(file("good.npz"));
        int read = 0;
        for (int round = 0; round < 10'000; ++round) {
            Bytes bytes = good;
            // Half of the time in the directory, which is the smaller part.
            if (round % 2 == 0)
                damage(bytes);
            else
                bytes[bytes.size() - 1 - m_random() % 250] = static_cast<std::uint8_t>(m_random());
            writeBytes(file("x.npz"), bytes);
            try {
                const ArrayBundle bundle(file("x.npz"));
                for (const std::string& name : bundle.names())
                    bundle.array(name, 1 << 20);
                ++read;
            } catch (const Error&) {
            }
        }
        QVERIFY(read > 0);
    }
};

QTEST_GUILESS_MAIN(FuzzNpy)
#include "fuzz_npy.moc"
