#include "backend/models/files/pth_file.h"
#include "backend/protocol/error.h"
#include "pth_builder.h"
#include "tests/support/peak_memory.h"

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>
#include <torch/types.h>

#include <cstdio>
#include <fstream>

using namespace assay;
using namespace assay::models;
using namespace assay::test;

namespace {

/// Peak resident memory of this process in MiB.
double peakMiB()
{
    return static_cast<double>(residentMemory("VmHWM")) / (1 << 20);
}

QByteArray repeated(const QByteArray& what, int times)
{
    QByteArray all;
    all.reserve(what.size() * times);
    for (int i = 0; i < times; ++i)
        all += what;
    return all;
}

QByteArray tensorOf(qint64 offset, const std::vector<qint64>& sizes, const std::vector<qint64>& strides,
                    qint64 elements = 6, const QByteArray& type = "FloatStorage", const QByteArray& key = "0")
{
    return pthOf(
        pickleDict({{"w", pickleTensor(pickleStorage(type, key, elements), offset, sizes, strides)}}),
        {floats({0, 1, 2, 3, 4, 5})});
}

QByteArray withPickle(const QByteArray& pickle)
{
    return zipOf({{.name = "x/data.pkl", .data = pickle}});
}

constexpr const char* kFetch = " Fetch the file again, or save it again with torch.save.";
constexpr const char* kSave = " Save only model.state_dict().";
constexpr const char* kSaveWeights = " Save the weights again: torch.save(model.state_dict(), file).";

} // namespace

/// Hand-made nasties: each gives its one sentence, within a second and little memory.
class TestHostilePth : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;

    std::filesystem::path file() const { return std::filesystem::path(m_dir.path().toStdString()) / "x.pth"; }

    QString problem(const QByteArray& bytes) const
    {
        std::ofstream(file(), std::ios::binary).write(bytes.constData(), bytes.size());
        try {
            readPth(file());
        } catch (const Error& error) {
            return QString::fromStdString(error.what())
                .remove(QString::fromStdString(file().string()) + ": ");
        }
        return {};
    }

private Q_SLOTS:
    /// The builder's files are good ones, so that what follows is refused for its fault and not for another.
    void theBuildersFilesAreRead()
    {
        const std::vector<ZipItem> items = {{.name = "x/data.pkl", .data = pickleOf(smallBody())},
                                            {.name = "x/data/0", .data = floats({0, 1, 2, 3, 4, 5})}};
        for (const QByteArray& bytes : {smallPth(), smallPth(true), zipOf(items, true)}) {
            QCOMPARE(problem(bytes), QString());
            const TensorFile read = readPth(file());
            QVERIFY(torch::equal(*read.find("w"), torch::arange(6).to(torch::kFloat32).view({2, 3})));
            QVERIFY(read.findings.empty());
        }
    }

    void oneSentenceEach_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("sentence");
        archives();
        pickles();
        tensors();
    }

    void oneSentenceEach()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, sentence);
        const double before = peakMiB();
        QElapsedTimer timer;
        timer.start();
        QCOMPARE(problem(bytes), sentence);
        QVERIFY2(timer.elapsed() < 1000, qPrintable(QString("took %1 ms").arg(timer.elapsed())));
        QVERIFY2(peakMiB() - before < 350, qPrintable(QString("took %1 MiB").arg(peakMiB() - before)));
    }

    void anotherChecksumIsAWarning()
    {
        QCOMPARE(problem(zipOf({{.name = "x/data.pkl", .data = pickleOf(smallBody())},
                                {.name = "x/data/0", .data = floats({0, 1, 2, 3, 4, 5}), .crc = 1}})),
                 QString());
        const TensorFile read = readPth(file());
        QCOMPARE(read.findings.size(), 1u);
        QVERIFY(read.findings[0].level == protocol::Finding::Level::Warning);
        QVERIFY(read.findings[0].text.starts_with("The checksums of 1 storages differ"));
    }

    void flagsAreZeroOrOne()
    {
        QCOMPARE(problem(pthOf(
                     pickleDict({{"w", pickleTensor(pickleStorage("BoolStorage", "0", 3), 0, {3}, {1})}}),
                     {QByteArray("\x00\x01\xff", 3)})),
                 QString());
        QVERIFY(torch::equal(readPth(file()).tensors[0].second.to(torch::kInt),
                             torch::tensor({0, 1, 1}, torch::kInt)));
    }

private:
    static void archives()
    {
        const auto row = [](const char* name, const QByteArray& bytes, const QString& sentence) {
            QTest::newRow(name) << bytes << sentence;
        };
        const QByteArray good = pickleOf(smallBody());
        const QByteArray data = floats({0, 1, 2, 3, 4, 5});
        const ZipItem pickle{.name = "x/data.pkl", .data = good};
        row("empty", "", QString("is empty.") + kFetch);
        const QString foreign = QString("is no file of torch.save: it begins neither as a zip archive nor as "
                                        "PyTorch's older form.") +
                                kSaveWeights;
        row("wrong magic", "PX\x03\x04 and more", foreign);
        row("a picture", "\x89PNG\r\n\x1a\n", foreign);
        row("a bare pickle", good, foreign);
        row("only the magic", QByteArray("PK\x03\x04"),
            QString("the zip archive is cut off: it has only 4 bytes.") + kFetch);
        row("no directory", QByteArray("PK\x03\x04") + QByteArray(1000, 'x'),
            QString("the zip archive has no directory at its end; it is cut off.") + kFetch);
        row("another zip", zipOf({{.name = "a.txt", .data = "hello"}}),
            QString("is a zip archive without data.pkl, not one of torch.save.") + kSaveWeights);
        for (const char* name :
             {"../x/data.pkl", "/x/data.pkl", "x/../../data.pkl", "x\\data.pkl", "C:data.pkl"})
            row(name, zipOf({{.name = name, .data = good}}),
                QString("the zip archive holds an entry of the name '%1', which points out of it.")
                        .arg(name) +
                    kFetch);
        row("twice", zipOf({pickle, pickle}), QString("the zip archive holds 'x/data.pkl' twice.") + kFetch);
        row("encrypted", zipOf({{.name = "x/data.pkl", .data = good, .flags = 1}}),
            QString("the zip archive is encrypted at 'x/data.pkl'.") + kFetch);
        row("unknown method", zipOf({{.name = "x/data.pkl", .data = good, .method = 12}}),
            QString("the zip archive packs 'x/data.pkl' with the unknown method 12.") + kFetch);
        row("overlap",
            zipOf({pickle,
                   {.name = "x/data/0", .data = data, .packed = 40, .offset = {}},
                   {.name = "x/b", .data = "b"}}),
            QString("the zip archive announces two sizes for 'x/data/0': 40 and 24 bytes.") + kFetch);
        row("overlap of two entries",
            zipOf({pickle,
                   {.name = "x/data/0", .data = data, .bytes = 60, .packed = 60},
                   {.name = "x/b", .data = QByteArray(100, 'b')}}),
            QString("the zip archive lays 'x/data/0' over 'x/b'.") + kFetch);
        row("entry over the directory",
            zipOf({pickle, {.name = "x/data/0", .data = data, .bytes = 60, .packed = 60}}),
            QString("the zip archive announces 60 bytes for 'x/data/0', more than the file has.") + kFetch);
        row("huge entry",
            zipOf({pickle, {.name = "x/data/0", .data = data, .bytes = 1ull << 62, .packed = 1ull << 62}},
                  true),
            QString("the zip archive announces 4611686018427387904 bytes for 'x/data/0', more than the file "
                    "has.") +
                kFetch);
        row("entry nowhere", zipOf({{.name = "x/data.pkl", .data = good, .offset = 1ull << 63}}, true),
            QString("the zip archive announces 'x/data.pkl' where it does not lie.") + kFetch);
        row("two names", zipOf({{.name = "x/data.pkl", .data = good, .localName = "y/data.pkl"}}),
            QString("the zip archive announces 'x/data.pkl' where it does not lie.") + kFetch);
        row("impossible ratio",
            zipOf({{.name = "x/data.pkl", .data = good, .deflated = true, .bytes = 1 << 30}}),
            QString("the zip archive announces that %1 bytes of 'x/data.pkl' unpack to 1073741824, which "
                    "cannot be.")
                    .arg(packedSize(good)) +
                kFetch);
        row("zip bomb",
            zipOf({pickle, {.name = "x/data/0", .data = QByteArray(80 << 20, 0), .deflated = true}}),
            QString("the zip archive unpacks to %1 bytes, more than 16 times its size.")
                    .arg((80 << 20) + good.size()) +
                kFetch);
        row("more than announced",
            zipOf({{.name = "x/data.pkl", .data = good, .deflated = true, .bytes = good.size() - 1}}),
            QString("the zip archive unpacks 'x/data.pkl' to more than the announced %1 bytes.")
                    .arg(good.size() - 1) +
                kFetch);
        row("less than announced",
            zipOf({{.name = "x/data.pkl", .data = good, .deflated = true, .bytes = good.size() + 9}}),
            QString("the zip archive unpacks 'x/data.pkl' to %1 bytes and announced %2.")
                    .arg(good.size())
                    .arg(good.size() + 9) +
                kFetch);
        row("another checksum", zipOf({{.name = "x/data.pkl", .data = good, .deflated = true, .crc = 7}}),
            QString("the zip archive holds damaged data in 'x/data.pkl': its checksum differs.") + kFetch);
        row("no deflate", zipOf({{.name = "x/data.pkl", .data = QByteArray(50, '\xff'), .method = 8}}),
            QString("the zip archive holds damaged data in 'x/data.pkl'.") + kFetch);
        QByteArray counted = zipOf({pickle});
        counted[counted.size() - 12] = '\x09';
        counted[counted.size() - 14] = '\x09';
        row("more entries than there are", counted,
            QString("the zip archive announces 9 entries in a directory of 56 bytes.") + kFetch);
        row("big-endian", zipOf({pickle, {.name = "x/byteorder", .data = "big"}}),
            "was written on a big-endian machine, which is not supported. Load it there and save it as "
            "safetensors.");
        row("no storage", zipOf({pickle}), QString("the storage '0' is not in the archive.") + kFetch);
        row("short storage", pthOf(smallBody(), {floats({0, 1, 2})}),
            QString("the storage '0' has 12 bytes; 6 elements of 4 are announced.") + kFetch);
    }

    static qsizetype packedSize(const QByteArray& data)
    {
        const QByteArray one = zipOf({{.name = "a", .data = data, .deflated = true}});
        return one.size() - 31 - 47 - 22;
    }

    static void pickles()
    {
        const auto row = [](const char* name, const QByteArray& pickle, const QString& what,
                            const QString& mend = kSave) {
            QTest::newRow(name) << withPickle(pickle) << "the pickle " + what + mend;
        };
        const QString executed = "; no code of a pickle is ever executed.";
        row("os.system", pickleOf(pickleGlobal("os", "system") + "(" + pickleText("true") + "tR"),
            "contains a reference to os.system" + executed);
        row("a name of control characters", pickleOf(pickleGlobal("a\x1b[2J", "\xff")),
            "contains a reference to a?[2J.?" + executed);
        row("a name that goes on", pickleOf(pickleGlobal(QByteArray(100000, 'a'), "b")),
            "contains a reference to " + QString(80, 'a') + ".b" + executed);
        row("instance", pickleOf("(i__main__\nX\n"),
            "has the instruction 0x69, which a state_dict of protocols 2 to 5 has no use for.");
        row("extension", pickleOf("\x82\x01"),
            "has the instruction 0x82, which a state_dict of protocols 2 to 5 has no use for.");
        row("protocol 0", "(dp0\n.",
            "has the instruction 0x70, which a state_dict of protocols 2 to 5 has no use for.");
        row("protocol 9", "\x80\x09.", "is of protocol 9; 2 to 5 can be read.");
        row("empty", "", "ends too early.");
        row("no end", "\x80\x02}", "ends too early.");
        row("text past the end",
            QByteArray("\x80\x02X\xff\xff\xff\xff"
                       "abc",
                       10),
            "ends too early.");
        row("text of 2^64",
            QByteArray("\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xff"
                       "abc",
                       14),
            "ends too early.");
        row("empty stack", pickleOf("0"), "takes more values than it made.");
        row("nothing at the end", pickleOf(""), "takes more values than it made.");
        row("no mark", pickleOf("t"), "has an instruction without its mark.");
        row("append to nothing",
            pickleOf("K\x01K\x02"
                     "a"),
            "adds to something that is no container.");
        row("odd dict",
            pickleOf("(K\x01"
                     "d"),
            "has a key without a value.");
        row("forgotten", pickleOf("h\x05"), "recalls a value that it did not remember.");
        row("far memo", pickleOf("Nr\xff\xff\xff\xff"), "remembers more than 2000000 values.");
        row("build", pickleOf("]}b"), "sets the state of something that is no OrderedDict.");
        row("call of a call", pickleOf(pickleGlobal("collections", "OrderedDict") + ")R)R"),
            "describes a call of something that is no type.");
        row("call of text", pickleOf(pickleText("eval") + ")R"),
            "describes a call of something that is no type.");
        row("nonsense call", pickleOf(pickleGlobal("torch", "FloatStorage") + ")R"),
            "describes a call that does not make sense.");
        const QString reference = "describes a reference outside the pickle that names no storage.";
        row("persistent id: number", pickleOf("K\x01Q"), reference);
        row("persistent id: empty", pickleOf(")Q"), reference);
        row("persistent id: module", pickleOf("(" + pickleText("module") + "NNNNtQ"), reference);
        row("persistent id: type",
            pickleOf("(" + pickleText("storage") + pickleGlobal("torch", "Size") + pickleText("0") +
                     pickleText("cpu") + "K\x01tQ"),
            reference);
        row("persistent id: negative", pickleOf(pickleStorage("FloatStorage", "0", -1)), reference);
        row("many objects", pickleOf(repeated("]", 1'000'001)), "makes more than 1000000 objects.");
        row("many steps", pickleOf(repeated("N0", 2'000'000)), "has more than 4000000 instructions.");
        row("copies of a set",
            pickleOf("](" + repeated("N", 3000) + "eq\x01" +
                     repeated(pickleGlobal("__builtin__", "set") + "h\x01\x85R0", 3000)),
            "puts more than 4000000 values into containers.");
        row("bytes as text",
            pickleOf(
                pickleText(QByteArray(1 << 20, 'a')) + "q\x01" +
                repeated(pickleGlobal("_codecs", "encode") + "h\x01" + pickleText("latin1") + "\x86R0", 20)),
            "describes more than 16777216 bytes in the form of text.");
        QTest::newRow("no tensors") << withPickle(pickleOf("}"))
                                    << "holds no dict of tensors by name. Save the weights: "
                                       "torch.save(model.state_dict(), file).";
        // Neither nesting nor what is recalled a million times is any trouble: there is just no state_dict in
        // it.
        const QString nothing =
            "holds no dict of tensors by name. Save the weights: torch.save(model.state_dict(), file).";
        QTest::newRow("deep") << withPickle(pickleOf(repeated("]", 990'000) + repeated("a", 989'999)))
                              << nothing;
        QTest::newRow("memo bomb") << withPickle(pickleOf("](" + repeated("N", 1000) + "eq\x01(" +
                                                          repeated("h\x01", 3'900'000) + "l"))
                                   << nothing;
        QTest::newRow("a dict of itself")
            << withPickle(pickleOf("}q\x01" + pickleText("model") + "h\x01s"))
            << "holds no dict of tensors by name. Save the weights: torch.save(model.state_dict(), file).";
    }

    static void tensors()
    {
        const auto row = [](const char* name, const QByteArray& bytes, const QString& what) {
            QTest::newRow(name) << bytes << "the tensor 'w' " + what + kSaveWeights;
        };
        const qint64 huge = std::numeric_limits<qint64>::max();
        row("2^63 - 1 elements", tensorOf(0, {huge}, {1}), "has impossible sizes.");
        row("2^63 elements by product", tensorOf(0, {1ll << 32, 1ll << 31}, {0, 0}), "has impossible sizes.");
        row("negative size", tensorOf(0, {-2, 3}, {3, 1}), "has impossible sizes.");
        row("empty and huge", tensorOf(0, {0, huge, huge}, {0, 0, 0}), "has impossible sizes.");
        row("negative stride", tensorOf(5, {2, 3}, {-3, 1}), "has impossible strides.");
        row("huge stride", tensorOf(0, {3}, {huge}), "has impossible strides.");
        row("too long", tensorOf(0, {7}, {1}), "lies outside its storage.");
        row("too far", tensorOf(4, {3}, {1}), "lies outside its storage.");
        row("too wide", tensorOf(0, {2, 2}, {5, 1}), "lies outside its storage.");
        row("negative offset", tensorOf(-1, {3}, {1}), "lies outside its storage.");
        row("huge offset", tensorOf(huge, {3}, {1}), "lies outside its storage.");
        row("empty outside", tensorOf(7, {0}, {1}), "lies outside its storage.");
        row("fewer strides", tensorOf(0, {2, 3}, {1}), "has 2 sizes and 1 strides.");
        row("repeated to the moon", tensorOf(0, {1 << 20, 1 << 20}, {0, 0}),
            "repeats its storage until it is far larger than the file.");
        QTest::newRow("17 dimensions")
            << tensorOf(0, std::vector<qint64>(17, 1), std::vector<qint64>(17, 1))
            << QString("the pickle describes a tensor of more than 16 dimensions.") + kSave;
        QTest::newRow("sizes of text")
            << pthOf(pickleDict({{"w", pickleGlobal("torch._utils", "_rebuild_tensor_v2") + "(" +
                                           pickleStorage("FloatStorage", "0", 6) + pickleInt(0) + "(" +
                                           pickleText("6") + "t)tR"}}),
                     {floats({0, 1, 2, 3, 4, 5})})
            << QString("the pickle describes a tensor whose shape is not made of whole "
                       "numbers.") +
                   kSave;
        QTest::newRow("no storage at all")
            << pthOf(pickleDict(
                         {{"w", pickleGlobal("torch._utils", "_rebuild_tensor_v2") + "(K\x01K\x01))tR"}}),
                     {})
            << QString("the pickle describes a tensor without a storage.") + kSave;
        QTest::newRow("storage of 2^62 elements")
            << tensorOf(0, {6}, {1}, 1ll << 62)
            << QString("the storage '0' has 24 bytes; 4611686018427387904 elements of 4 are announced.") +
                   kFetch;
        QTest::newRow("storage of another type")
            << tensorOf(0, {6}, {1}, 6, "DoubleStorage")
            << QString("the storage '0' has 24 bytes; 6 elements of 8 are announced.") + kFetch;
        QTest::newRow("storage outside the archive")
            << tensorOf(0, {6}, {1}, 6, "FloatStorage", "../../etc/passwd")
            << QString("the storage '../../etc/passwd' is not in the archive.") + kFetch;
        QTest::newRow("storage with an odd name")
            << tensorOf(0, {6}, {1}, 6, "FloatStorage", QByteArray("a\0\n\xff\xc3\xa9", 6))
            << QString::fromUtf8("the storage 'a???é' is not in the archive.") + kFetch;
        QTest::newRow("storage in two ways")
            << pthOf(pickleDict({{"w", pickleTensor(pickleStorage("FloatStorage", "0", 6), 0, {6}, {1})},
                                 {"v", pickleTensor(pickleStorage("IntStorage", "0", 6), 0, {6}, {1})}}),
                     {floats({0, 1, 2, 3, 4, 5})})
            << QString("the storage '0' is described in two ways.") + kFetch;
    }
};

QTEST_GUILESS_MAIN(TestHostilePth)
#include "tst_hostile_pth.moc"
