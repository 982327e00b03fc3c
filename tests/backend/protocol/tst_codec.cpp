#include "samples.h"

#include "backend/protocol/codec.h"
#include "backend/protocol/error.h"
#include "backend/protocol/typed_array.h"

#include <QCborArray>
#include <QCborMap>
#include <QTest>
#include <QtEndian>

using namespace assay;
using namespace assay::protocol;

namespace {

std::span<const std::uint8_t> payload(const QByteArray& frame)
{
    return {reinterpret_cast<const std::uint8_t*>(frame.constData()) + 4, std::size_t(frame.size() - 4)};
}

std::span<const std::uint8_t> bytesOf(const QByteArray& bytes)
{
    return {reinterpret_cast<const std::uint8_t*>(bytes.constData()), std::size_t(bytes.size())};
}

QCborMap smallGrid()
{
    QCborMap map;
    map[QLatin1String("t")] = QLatin1String("images");
    map[QLatin1String("name")] = QLatin1String("g");
    map[QLatin1String("variants")] = QCborArray{QLatin1String("clean")};
    map[QLatin1String("width")] = 2;
    map[QLatin1String("height")] = 2;
    map[QLatin1String("ids")] = typedArray(std::vector<std::int64_t>{1});
    map[QLatin1String("pixels")] = QByteArray(4, 'x');
    return map;
}

} // namespace

class TestCodec : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyMessageSurvives()
    {
        for (const Message& message : tests::everyMessage()) {
            const QByteArray frame = encodeFrame(message);
            QCOMPARE(qFromLittleEndian<quint32>(frame.constData()), quint32(frame.size() - 4));
            const auto decoded = decodeMessage(payload(frame));
            QVERIFY(decoded.has_value());
            QVERIFY2(*decoded == message, qPrintable(QString::number(message.index())));
        }
    }

    void everyEventSurvives()
    {
        for (const Event& event : tests::everyEvent()) {
            const auto decoded = decodeEvent(payload(encodeFrame(event)));
            QVERIFY(decoded.has_value());
            QVERIFY(*decoded == event);
        }
    }

    // The bytes of a known value, written by hand from RFC 8949 and RFC 8746: the format may not drift.
    void formatIsStable()
    {
        Figure figure;
        figure.name = "f";
        figure.layers.push_back(Layer{.kind = LayerKind::Points, .x = {1.0}, .y = {2.0}});
        const QByteArray bytes = encodeFrame(Event(figure)).mid(4);
        QVERIFY(bytes.contains(QByteArray::fromHex("6178d85648000000000000f03f"))); // "x", tag 86, [1.0]
        QVERIFY(bytes.contains(QByteArray::fromHex("617466666967757265")));         // "t": "figure"
    }

    void unknownKindsAreSkipped()
    {
        QCborMap map;
        map[QLatin1String("t")] = QLatin1String("hologram");
        QVERIFY(!decodeMessage(bytesOf(QCborValue(map).toCbor())).has_value());

        QCborMap outer;
        outer[QLatin1String("t")] = QLatin1String("run");
        outer[QLatin1String("run")] = QLatin1String("r");
        outer[QLatin1String("event")] = map;
        QVERIFY(!decodeMessage(bytesOf(QCborValue(outer).toCbor())).has_value());
    }

    void unknownFieldsAreIgnored()
    {
        QCborMap map;
        map[QLatin1String("t")] = QLatin1String("hello");
        map[QLatin1String("program")] = QLatin1String("assay");
        map[QLatin1String("mood")] = QLatin1String("good");
        const auto decoded = decodeMessage(bytesOf(QCborValue(map).toCbor()));
        QVERIFY(decoded.has_value());
        QCOMPARE(std::get<Hello>(*decoded).program, std::string("assay"));
    }

    void wrongValuesAreNamed_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("sentence");

        const auto hello = [](const char* key, const QCborValue& value) {
            QCborMap map;
            map[QLatin1String("t")] = QLatin1String("hello");
            map[QLatin1String(key)] = value;
            return QCborValue(map).toCbor();
        };
        QTest::newRow("text for a number")
            << hello("protocol", QLatin1String("one"))
            << "hello: field 'protocol' has a value of the wrong type or range.";
        QTest::newRow("number too large")
            << hello("protocol", qint64(1) << 40)
            << "hello: field 'protocol' has a value of the wrong type or range.";
        QTest::newRow("no kind") << QCborValue(QCborMap()).toCbor()
                                 << "event stream: the frame does not say its kind.";

        QCborMap grid = smallGrid();
        grid[QLatin1String("pixels")] = QByteArray(3, 'x');
        QTest::newRow("pixels missing")
            << QCborValue(grid).toCbor() << "images 'g': 3 bytes of pixels do not make 1 images.";
        grid = smallGrid();
        grid[QLatin1String("width")] = 1 << 20;
        QTest::newRow("image too wide")
            << QCborValue(grid).toCbor()
            << "images 'g': a size of 1048576 x 2 is not one of 1 to 65536 pixels a side.";
    }

    void wrongValuesAreNamed()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, sentence);
        try {
            decodeMessage(bytesOf(bytes));
            decodeEvent(bytesOf(bytes));
            QFAIL("nothing was thrown");
        } catch (const Error& e) {
            QCOMPARE(QString::fromUtf8(e.what()), sentence);
        }
    }

    void samplesMustFitTheirMarks()
    {
        Figure figure;
        figure.name = "f";
        Layer layer{.kind = LayerKind::Bars, .name = "l", .x = {0, 1}, .y = {1, 2}};
        layer.samples.offsets = {0, 5, 2};
        layer.samples.ids = {1, 2};
        figure.layers = {layer};
        QVERIFY_THROWS_EXCEPTION(Error, decodeEvent(payload(encodeFrame(Event(figure)))));
    }

    void framesAreCutFromAnyChunks()
    {
        QByteArray stream;
        const auto messages = tests::everyMessage();
        for (const Message& message : messages)
            stream += encodeFrame(message);
        for (const qsizetype chunk : {1, 3, 7, 4096}) {
            FrameReader reader;
            std::size_t seen = 0;
            for (qsizetype at = 0; at < stream.size(); at += chunk) {
                reader.feed(stream.mid(at, chunk));
                while (const auto frame = reader.next()) {
                    QVERIFY(decodeMessage(*frame) == messages[seen]);
                    ++seen;
                }
            }
            QCOMPARE(seen, messages.size());
            QCOMPARE(reader.pending(), qsizetype(0));
            QCOMPARE(reader.consumed(), qint64(stream.size()));
        }
    }

    void overlongFramesAreRefused()
    {
        FrameReader reader;
        reader.feed(QByteArray::fromHex("01000004ff"));
        try {
            reader.next();
            QFAIL("nothing was thrown");
        } catch (const Error& e) {
            QCOMPARE(QString::fromUtf8(e.what()),
                     QStringLiteral(
                         "event stream: a frame announces 67108865 bytes, more than the 64 MiB allowed."));
        }
    }
};

QTEST_GUILESS_MAIN(TestCodec)
#include "tst_codec.moc"
