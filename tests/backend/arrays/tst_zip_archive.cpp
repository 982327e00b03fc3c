#include "backend/arrays/zip_archive.h"
#include "backend/arrays/zip_writer.h"
#include "backend/protocol/error.h"
#include "tests/backend/arrays/file_bytes.h"
#include "tests/backend/arrays/run_python.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>

using namespace assay;
using namespace assay::arrays;
using namespace assay::test;

namespace {

std::string textOf(const std::vector<std::uint8_t>& bytes)
{
    return {bytes.begin(), bytes.end()};
}

/// Where in the bytes the first directory entry begins.
std::size_t directoryAt(const Bytes& bytes)
{
    const Bytes magic = {'P', 'K', 1, 2};
    return static_cast<std::size_t>(std::ranges::search(bytes, magic).begin() - bytes.begin());
}

} // namespace

class TestZipArchive : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;

    std::filesystem::path file(const char* name) const
    {
        return std::filesystem::path(m_dir.path().toStdString()) / name;
    }

    /// An archive of two entries, "a.txt" stored (5 bytes) and "b.txt" deflated (1000 bytes).
    Bytes sample()
    {
        ZipWriter writer(file("sample.zip"));
        writer.add("a.txt", "hello", false);
        writer.add("b.txt", std::string(1000, 'b'), true);
        writer.commit();
        return readBytes(file("sample.zip"));
    }

    QString problem(const Bytes& bytes)
    {
        writeBytes(file("x.zip"), bytes);
        return problemOf(file("x.zip"), [this] {
            const ZipArchive archive(file("x.zip"));
            for (const ZipEntry& entry : archive.entries())
                archive.read(entry, 1 << 20);
        });
    }

private Q_SLOTS:
    void initTestCase()
    {
        runPython(ASSAY_TEST_SOURCE_DIR "/tests/backend/arrays/make_arrays.py", {m_dir.path()});
    }

    void readsPythonsArchives()
    {
        const ZipArchive archive(file("good.zip"));
        QCOMPARE(archive.entries().size(), std::size_t(2)); // the folder is left out
        const ZipEntry* text = archive.find("folder/text.txt");
        QVERIFY(text && !text->isStored);
        QCOMPARE(textOf(archive.read(*text, 100)), std::string("hello hello hello hello"));
        QCOMPARE(textOf(archive.head(*text, 5)), std::string("hello"));
        const ZipEntry* plain = archive.find("plain.txt");
        QVERIFY(plain && plain->isStored);
        QCOMPARE(archive.stored(*plain), std::string_view("stored"));
        QVERIFY(!archive.find("absent"));
    }

    void readsZip64()
    {
        const ZipArchive archive(file("zip64.zip"));
        QCOMPARE(textOf(archive.read(archive.entries().at(0), 100)),
                 std::string("small, but written as if it were big"));
    }

    void boundsBombs()
    {
        const ZipArchive archive(file("bomb.zip"));
        QCOMPARE(problemOf(file("bomb.zip"), [&] { archive.read(archive.entries()[0], 1 << 20); }),
                 QString("FILE: the entry 'bomb.bin' has 67108864 bytes; at most 1048576 are allowed."));
        QCOMPARE(archive.head(archive.entries()[0], 16).size(), std::size_t(16));
    }

    void refusesForeignNamesAndMethods()
    {
        QCOMPARE(problemOf(file("traversal.zip"), [&] { ZipArchive archive(file("traversal.zip")); }),
                 QString("FILE: an entry has a name that leads out of the archive or is not portable. Do not "
                         "use archives from this source."));
        QCOMPARE(
            problemOf(file("bzip2.zip"), [&] { ZipArchive archive(file("bzip2.zip")); }),
            QString("FILE: the entry 'a.npy' is packed by method 12; only stored (0) and deflated (8) are "
                    "read."));
    }

    void refusesCompressedWhereStoredIsNeeded()
    {
        const ZipArchive archive(file("good.zip"));
        QCOMPARE(problemOf(file("good.zip"), [&] { (void)archive.stored(*archive.find("folder/text.txt")); }),
                 QString("FILE: the entry 'folder/text.txt' is compressed. Save the archive without "
                         "compression."));
    }

    void namesTheDamage_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("sentence");
        const Bytes good = sample();
        const std::size_t first = directoryAt(good);
        const std::size_t second = first + 46 + 5;
        const std::size_t end = good.size() - 22;
        const auto row = [](const char* name, const Bytes& bytes, const char* sentence) {
            QTest::newRow(name) << QByteArray(reinterpret_cast<const char*>(bytes.data()),
                                              qsizetype(bytes.size()))
                                << QString(sentence);
        };
        const auto changed = [&](std::size_t offset, std::uint64_t value, int count) {
            Bytes bytes = good;
            put(bytes, offset, value, count);
            return bytes;
        };
        row("good", good, "");
        row("empty", {}, "FILE: is no ZIP archive: it is too short. Fetch it again.");
        row("cut", Bytes(good.begin(), good.end() - 10),
            "FILE: is no ZIP archive or was cut off: it has no directory at its end. Fetch it again.");
        row("directory outside", changed(end + 16, 1 << 30, 4),
            "FILE: the archive's directory lies outside the file. Fetch it again.");
        row("too many entries", changed(end + 10, 60000, 2),
            "FILE: the archive announces more entries than its directory can hold. Fetch it again.");
        row("several disks", changed(end + 4, 1, 2),
            "FILE: the archive is one part of several. Fetch it again.");
        row("no entry", changed(first, 0, 4), "FILE: the archive's directory is damaged. Fetch it again.");
        row("name beyond the end", changed(second + 28, 60000, 2),
            "FILE: the archive's directory is damaged. Fetch it again.");
        row("stored twice as long", changed(first + 24, 10, 4),
            "FILE: the entry 'a.txt' is stored, but announces two different sizes.");
        row("more than deflate can hold", changed(second + 24, 0x7fffffff, 4),
            "FILE: the entry 'b.txt' announces 2147483647 bytes from 11 packed ones.");
        row("data beyond the directory", changed(second + 20, 5000, 4),
            "FILE: the entry 'b.txt' reaches beyond the data of the archive.");
        row("no local header", changed(second + 42, 3, 4),
            "FILE: the entry 'b.txt' has no local header where the directory says.");
        row("encrypted", changed(first + 8, 1, 2),
            "FILE: the entry 'a.txt' is encrypted. Save the archive without a password.");
        row("no zip64 sizes", changed(second + 20, 0xffffffff, 4),
            "FILE: the entry 'b.txt' lacks its 64 bit sizes.");
        row("wrong checksum", changed(first + 16, 1, 4),
            "FILE: the entry 'a.txt' is damaged: its checksum is wrong. Fetch the file again.");
        row("fewer bytes", changed(second + 24, 1001, 4),
            "FILE: the entry 'b.txt' unpacks to fewer than the bytes it announces. Fetch the file again.");
        row("more bytes", changed(second + 24, 999, 4),
            "FILE: the entry 'b.txt' unpacks to more than the bytes it announces. Fetch the file again.");
        row("bad deflate", changed(directoryAt(good) - 8, 0xffffffffffff, 6),
            "FILE: the entry 'b.txt' is damaged: it cannot be unpacked. Fetch the file again.");
        Bytes renamed = good;
        renamed[30] = 'z'; // of the first local header
        row("two names", renamed, "FILE: the entry 'a.txt' has another name in its local header.");
        Bytes twice = good;
        twice[second + 46] = 'a';
        row("twice", twice, "FILE: the entry 'a.txt' is there twice.");
        Bytes windows = good;
        windows[first + 46] = '\\';
        row("backslash", windows,
            "FILE: an entry has a name that leads out of the archive or is not portable. Do not use archives "
            "from this source.");
    }

    void namesTheDamage()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, sentence);
        const QString said = problem(Bytes(bytes.begin(), bytes.end()));
        if (sentence.contains("announces 2147483647"))
            QVERIFY2(said.startsWith("FILE: the entry 'b.txt' announces 2147483647 bytes from ") &&
                         said.endsWith(", more than deflate can hold."),
                     qPrintable(said));
        else
            QCOMPARE(said, sentence);
    }

    void refusesOverlap()
    {
        // The second entry is the first one again under a name of its own: its local header is hidden in the
        // data of the first, as quoted archives of little size and huge content do it.
        ZipWriter inner(file("inner.zip"));
        inner.add("b.txt", "hello", false);
        inner.commit();
        const Bytes hidden = readBytes(file("inner.zip"));
        ZipWriter outer(file("outer.zip"));
        outer.add("a.txt", {reinterpret_cast<const char*>(hidden.data()), hidden.size()}, false);
        outer.add("b.txt", "hello", false);
        outer.commit();
        Bytes bytes = readBytes(file("outer.zip"));
        const std::size_t end = bytes.size() - 22;
        put(bytes, end - (46 + 5) + 42, 30 + 5, 4); // of "b.txt": into the data of "a.txt"
        QCOMPARE(problem(bytes), QString("FILE: the entry 'b.txt' shares bytes with 'a.txt'."));
    }
};

QTEST_GUILESS_MAIN(TestZipArchive)
#include "tst_zip_archive.moc"
