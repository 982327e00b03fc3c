#include "samples.h"

#include "backend/protocol/codec.h"
#include "backend/protocol/error.h"
#include "tests/backend/mutated.h"

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
                decodeAnything(test::mutated(payload, random));
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
