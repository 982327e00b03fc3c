#include "hostile_input.h"
#include "tests/backend/mutated.h"

#include <QTest>

using namespace assay::test;

namespace {

constexpr int kHeaderRounds = 20000; ///< of each of the loops below, from fixed seeds

bool readsSafetensors(const QByteArray& bytes)
{
    return fuzzSafetensors(
        {reinterpret_cast<const std::uint8_t*>(bytes.constData()), std::size_t(bytes.size())});
}

QByteArray fileOf(const QByteArray& header, const QByteArray& data)
{
    const auto length = quint64(header.size());
    return QByteArray(reinterpret_cast<const char*>(&length), 8) + header + data;
}

const QByteArray kHeader = R"({"__metadata__":{"format":"pt"},)"
                           R"("a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},)"
                           R"("b":{"dtype":"BOOL","shape":[4],"data_offsets":[24,28]},)"
                           R"("c":{"dtype":"BF16","shape":[0,9],"data_offsets":[28,28]},)"
                           R"("d":{"dtype":"I64","shape":[],"data_offsets":[28,36]}})";
const QByteArray kData(36, '\1');

} // namespace

/// A fixed number of mutations from fixed seeds; see hostile_input.h for what must hold.
class FuzzSafetensors : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void theSeedIsAGoodFile() { QVERIFY(readsSafetensors(fileOf(kHeader, kData))); }

    void mutatedFiles()
    {
        std::mt19937 random(1);
        int read = 0;
        for (int round = 0; round < kHeaderRounds; ++round)
            read += readsSafetensors(mutated(fileOf(kHeader, kData), random)) ? 1 : 0;
        QVERIFY(read > 0 && read < kHeaderRounds);
    }

    /// The length fits again, so that the mutation reaches what the header says.
    void mutatedHeaders()
    {
        std::mt19937 random(2);
        int read = 0;
        for (int round = 0; round < kHeaderRounds; ++round)
            read += readsSafetensors(fileOf(mutated(kHeader, random), kData)) ? 1 : 0;
        QVERIFY(read > 0 && read < kHeaderRounds);
    }
};

QTEST_GUILESS_MAIN(FuzzSafetensors)
#include "fuzz_safetensors.moc"
