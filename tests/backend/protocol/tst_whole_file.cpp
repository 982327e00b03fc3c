#include "backend/protocol/whole_file.h"

#include "tests/support/sentence_of.h"
#include "tests/support/small_disk.h"

#include <QDir>
#include <QFile>
#include <QSaveFile>
#include <QTemporaryDir>
#include <QTest>

using namespace assay;
using namespace assay::test;

/// Files that are written whole or not at all.
class TestWholeFile : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;

    QString path() const { return m_folder.filePath(QStringLiteral("file")); }
    QByteArray content() const
    {
        QFile file(path());
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

private Q_SLOTS:
    void theNewTakesThePlaceOfTheOld()
    {
        writeWhole(path(), "old");
        QCOMPARE(content(), QByteArray("old"));
        const std::string bytes("new\0bytes", 9);
        writeWhole(path().toStdString(), bytes);
        QCOMPARE(content(), QByteArray::fromStdString(bytes));
    }

    void aFullDiskLeavesTheOld_data()
    {
        QTest::addColumn<int>("size");
        QTest::newRow("what waits in memory") << 5000;
        QTest::newRow("what goes to the disk at once") << 100000;
    }

    void aFullDiskLeavesTheOld()
    {
        QFETCH(int, size);
        writeWhole(path(), "old");
        const QString said = [&] {
            const SmallDisk full(2000);
            return sentenceOf([&] { writeWhole(path(), QByteArray(size, 'x')); });
        }();
        QVERIFY2(said.startsWith(path() + ": the file cannot be written: "), qPrintable(said));
        QCOMPARE(content(), QByteArray("old"));
        QCOMPARE(QDir(m_folder.path()).entryList(QDir::Files | QDir::Hidden), QStringList("file"));
    }

    void aFileWrittenInPartsIsWholeToo()
    {
        writeWhole(path(), "old");
        const QString said = [&] {
            const SmallDisk full(2000);
            return sentenceOf([&] {
                QSaveFile file(path());
                QVERIFY(file.open(QIODevice::WriteOnly));
                for (int i = 0; i < 50; ++i)
                    file.write(QByteArray(100, 'x'));
                commitWhole(file);
            });
        }();
        QVERIFY2(said.startsWith(path() + ": the file cannot be written: "), qPrintable(said));
        QCOMPARE(content(), QByteArray("old"));
    }

    void whereNothingCanBeWrittenIsSaid()
    {
        const QString nowhere = m_folder.filePath(QStringLiteral("no/such/file"));
        const QString said = sentenceOf([&] { writeWhole(nowhere, "x"); });
        QVERIFY2(said.startsWith(nowhere + ": the file cannot be written: "), qPrintable(said));
        QVERIFY(said.endsWith("Check the folder's permissions and free space."));
    }
};

QTEST_MAIN(TestWholeFile)
#include "tst_whole_file.moc"
