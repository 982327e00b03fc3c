#include "backend/arrays/csv_reader.h"
#include "backend/arrays/csv_table.h"
#include "backend/protocol/error.h"
#include "tests/backend/arrays/file_bytes.h"

#include <QTemporaryDir>
#include <QTest>

#include <random>

using namespace assay;
using namespace assay::arrays;
using namespace assay::test;

/// Any bytes give records or an Error, never anything else.
class FuzzCsv : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    std::mt19937 m_random{20261122};

    std::string damaged()
    {
        static const std::string good = "id,\"logit \"\"0\"\"\",logit 1,label\r\n\"a,b\",0.25,-1e-3,0\r\n"
                                        "\"two\nlines\",nan,inf,1\r\n,3;4,5\t6,2\r\n";
        static const std::string alphabet = "\",;\t\r\n0123456789.eE+-naif \xc3\xa9";
        std::string text = good;
        for (std::uint32_t i = 0; i <= m_random() % 5; ++i) {
            const std::size_t at = m_random() % text.size();
            const bool isAny = m_random() % 4 == 0;
            text[at] = isAny ? static_cast<char>(m_random()) : alphabet[m_random() % alphabet.size()];
            if (m_random() % 3 == 0)
                text.erase(at, m_random() % 4);
        }
        return text;
    }

private Q_SLOTS:
    void mutationsOfRecords()
    {
        int records = 0;
        for (int round = 0; round < 200'000; ++round) {
            const std::string text = damaged();
            try {
                CsvReader reader({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, "x");
                std::vector<std::string> fields;
                std::size_t bytes = 0;
                while (reader.next(fields)) {
                    ++records;
                    for (const std::string& field : fields)
                        bytes += field.size();
                }
                QVERIFY(bytes <= text.size());
            } catch (const Error&) {
            }
        }
        QVERIFY(records > 0);
    }

    void mutationsOfTables()
    {
        const auto file = std::filesystem::path(m_dir.path().toStdString()) / "x.csv";
        int read = 0;
        for (int round = 0; round < 10'000; ++round) {
            writeText(file, damaged());
            try {
                const CsvTable table = readCsv(file);
                for (const CsvColumn& column : table.columns)
                    QCOMPARE(column.isText ? column.texts.size() : column.numbers.size(), table.rows);
                ++read;
            } catch (const Error&) {
            }
        }
        QVERIFY(read > 0);
    }
};

QTEST_GUILESS_MAIN(FuzzCsv)
#include "fuzz_csv.moc"
