#include "samples.h"

#include "backend/protocol/codec.h"
#include "backend/protocol/error.h"

#include <QDir>
#include <QFile>
#include <QTest>

#include <random>

// Any bytes may reach the decoder: a damaged events.cbor, a foreign file, a broken pipe. It may refuse
// them with an Error and nothing else. Inputs are the corpus of earlier findings and hand-made nasties,
// and a fixed number of mutations of every valid frame from a fixed seed, so that a failure can be repeated.

using namespace assay;
using namespace assay::protocol;

namespace {

constexpr int kMutationsPerFrame = 2000;

void decodeAnything(const QByteArray& bytes)
{
    const std::span<const std::uint8_t> payload(reinterpret_cast<const std::uint8_t*>(bytes.constData()),
                                                std::size_t(bytes.size()));
    try {
        // What decodes must also encode again: its fields agree with each other.
        if (const auto message = decodeMessage(payload))
            encodeFrame(*message);
    } catch (const Error&) {
    }
    try {
        if (const auto event = decodeEvent(payload))
            encodeFrame(*event);
    } catch (const Error&) {
    }
    FrameReader reader;
    reader.feed(bytes);
    try {
        while (reader.next()) {
        }
    } catch (const Error&) {
    }
}

QByteArray mutated(QByteArray bytes, std::mt19937& random)
{
    const int changes = 1 + int(random() % 4);
    for (int i = 0; i < changes && !bytes.isEmpty(); ++i) {
        const qsizetype at = qsizetype(random() % std::uint32_t(bytes.size()));
        switch (random() % 5) {
        case 0:
            bytes[at] = char(random());
            break;
        case 1:
            bytes[at] = char(bytes[at] ^ (1 << (random() % 8)));
            break;
        case 2:
            bytes.truncate(at);
            break;
        case 3:
            bytes.insert(at, bytes.mid(at, qsizetype(random() % 16)));
            break;
        default:
            bytes.remove(at, qsizetype(random() % 8));
            break;
        }
    }
    return bytes;
}

} // namespace

class FuzzCodec : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void corpusIsSurvived()
    {
        const QDir corpus(QStringLiteral(ASSAY_TEST_SOURCE_DIR "/tests/backend/protocol/corpus"));
        const auto files = corpus.entryInfoList(QDir::Files);
        QVERIFY(files.size() >= 8);
        for (const QFileInfo& info : files) {
            QFile file(info.filePath());
            QVERIFY(file.open(QIODevice::ReadOnly));
            decodeAnything(file.readAll());
        }
    }

    void mutationsAreSurvived()
    {
        std::mt19937 random(20260101);
        for (const Message& message : tests::everyMessage()) {
            const QByteArray payload = encodeFrame(message).mid(4);
            for (int i = 0; i < kMutationsPerFrame; ++i)
                decodeAnything(mutated(payload, random));
        }
    }

    void noiseIsSurvived()
    {
        std::mt19937 random(7);
        for (int i = 0; i < 20000; ++i) {
            QByteArray bytes(qsizetype(random() % 64), Qt::Uninitialized);
            for (char& byte : bytes)
                byte = char(random());
            decodeAnything(bytes);
        }
    }
};

QTEST_GUILESS_MAIN(FuzzCodec)
#include "fuzz_codec.moc"
