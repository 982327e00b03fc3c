#include "backend/arrays/csv_reader.h"
#include "backend/arrays/csv_table.h"
#include "backend/protocol/error.h"
#include "tests/backend/arrays/file_bytes.h"

#include <QTemporaryDir>
#include <QTest>

#include <cmath>

using namespace assay;
using namespace assay::arrays;
using namespace assay::test;

class TestCsvTable : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;

    std::filesystem::path file() const { return std::filesystem::path(m_dir.path().toStdString()) / "x.csv"; }

    CsvTable read(const std::string& text, std::optional<bool> header = {})
    {
        writeText(file(), text);
        return readCsv(file(), header);
    }

    QString problem(const std::string& text, CsvLimits limits = {})
    {
        writeText(file(), text);
        return problemOf(file(), [&] { readCsv(file(), {}, limits); });
    }

private Q_SLOTS:
    void readsColumns()
    {
        const CsvTable table = read("id,cat,dog\nx1,0.25,-3e2\nx2, 1 ,+0.5\n");
        QVERIFY(table.hasHeader);
        QCOMPARE(table.rows, std::size_t(2));
        QCOMPARE(table.columns.at(0).texts, std::vector<std::string>({"x1", "x2"}));
        QCOMPARE(table.find("cat")->numbers, std::vector<double>({0.25, 1}));
        QCOMPARE(table.find("dog")->numbers, std::vector<double>({-300, 0.5}));
        QCOMPARE(table.lines, std::vector<std::int64_t>({2, 3}));
        QVERIFY(!table.find("bird"));
    }

    void findsSeparatorAndHeader_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<char>("separator");
        QTest::addColumn<bool>("header");
        QTest::addColumn<int>("rows");
        QTest::newRow("comma") << QByteArray("1,2\n3,4\n") << ',' << false << 2;
        QTest::newRow("semicolon") << QByteArray("a;b\n3;4\n") << ';' << true << 1;
        QTest::newRow("tab") << QByteArray("1\t2\r\n3\t4") << '\t' << false << 2;
        QTest::newRow("semicolons in texts") << QByteArray("\"a;b\",1\n\"c;d\",2\n") << ',' << false << 2;
        QTest::newRow("counting header") << QByteArray("0,1,2\n0.5,0.2,0.3\n") << ',' << true << 1;
        QTest::newRow("with index") << QByteArray(",0,1\n0,0.5,0.5\n") << ',' << true << 1;
        QTest::newRow("texts only") << QByteArray("a,b\nc,d\n") << ',' << false << 2;
        QTest::newRow("mark and empty lines") << QByteArray("\xef\xbb\xbf"
                                                            "a,b\n\n1,2\r\n\r\n")
                                              << ',' << true << 1;
        QTest::newRow("one column") << QByteArray("1\n2\n3") << ',' << false << 3;
    }

    void findsSeparatorAndHeader()
    {
        QFETCH(QByteArray, text);
        QFETCH(char, separator);
        QFETCH(bool, header);
        QFETCH(int, rows);
        const CsvTable table = read(text.toStdString());
        QCOMPARE(table.separator, separator);
        QCOMPARE(table.hasHeader, header);
        QCOMPARE(int(table.rows), rows);
    }

    void headerCanBeDecided()
    {
        QCOMPARE(read("a,b\nc,d\n", true).rows, std::size_t(1));
        QCOMPARE(read("0,1\n5,6\n", false).rows, std::size_t(2));
        QCOMPARE(read("a,b\n", true).rows, std::size_t(0));
    }

    void quotesAsRfc4180Says()
    {
        const CsvTable table = read("n,t\n1,\"a \"\"b\"\", c\"\n2,\"two\nlines\"\n3,\"\"\n");
        QCOMPARE(table.find("t")->texts, std::vector<std::string>({"a \"b\", c", "two\nlines", ""}));
        QCOMPARE(table.lines, std::vector<std::int64_t>({2, 3, 5}));
    }

    void missingNumbersAreNaN()
    {
        const CsvTable table = read("a,b\n,nan\nNaN,-inf\n3,4\n");
        const auto& a = table.find("a")->numbers;
        QVERIFY(std::isnan(a.at(0)) && std::isnan(a.at(1)) && a.at(2) == 3);
        const auto& b = table.find("b")->numbers;
        QVERIFY(std::isnan(b.at(0)) && b.at(1) == -INFINITY);
    }

    void numbersBeyondDoubleAreTheirLimit()
    {
        QCOMPARE(csvValue("1e999").value(), double(INFINITY));
        QCOMPARE(csvValue("-1e999").value(), -double(INFINITY));
        QCOMPARE(csvValue("1e-999").value(), 0.0);
        QCOMPARE(csvValue("-1e99999").value(), -double(INFINITY));
        QCOMPARE(csvValue("1E-99999").value(), 0.0);
        QVERIFY(!csvValue("1.5x"));
        QVERIFY(!csvValue("0x10"));
        QVERIFY(!csvValue("+-1"));
    }

    void namesTheDamage_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("sentence");
        const QString again = " Save it again as CSV (RFC 4180).";
        QTest::newRow("empty") << QByteArray() << "FILE: holds no records.";
        QTest::newRow("ragged") << QByteArray("1,2\n3,4\n5\n")
                                << "FILE: line 3 has 1 fields; the first has 2." + again;
        QTest::newRow("open quote") << QByteArray("1,2\n3,\"4\n5,6\n")
                                    << "FILE: line 2 opens a quote that is never closed." + again;
        QTest::newRow("quote inside")
            << QByteArray("1,2\n3,4\"\n")
            << "FILE: line 2 has a quote inside a field that is not quoted." + again;
        QTest::newRow("after a quote")
            << QByteArray("1,\"2\"3\n") << "FILE: line 1 goes on after a closing quote." + again;
        QTest::newRow("zero byte") << QByteArray("1,\0\n", 4) << "FILE: line 1 holds a zero byte." + again;
        QTest::newRow("latin-1") << QByteArray("a,caf\xe9\n1,2\n")
                                 << "FILE: holds bytes that are no UTF-8. Save it as UTF-8.";
        QTest::newRow("cut character")
            << QByteArray("a,b\n1,caf\xc3") << "FILE: holds bytes that are no UTF-8. Save it as UTF-8.";
        QTest::newRow("long field") << QByteArray(70000, '1')
                                    << "FILE: line 1 has a field of more than 64 KiB." + again;
        QTest::newRow("many fields") << QByteArray(20000, ',')
                                     << "FILE: line 1 has more than 20000 fields." + again;
    }

    void namesTheDamage()
    {
        QFETCH(QByteArray, text);
        QFETCH(QString, sentence);
        QCOMPARE(problem(text.toStdString()), sentence);
    }

    void boundsRowsAndCells()
    {
        QCOMPARE(
            problem("1,2\n3,4\n5,6\n", {.rows = 2}),
            QString("FILE: has more than 2 rows of 2 fields, too many to read. Save the numbers as NPZ."));
        QCOMPARE(
            problem("1,2\n3,4\n5,6\n", {.cells = 4}),
            QString("FILE: has more than 2 rows of 2 fields, too many to read. Save the numbers as NPZ."));
    }
};

QTEST_GUILESS_MAIN(TestCsvTable)
#include "tst_csv_table.moc"
