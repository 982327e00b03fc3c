#include "backend/arrays/array_bundle.h"
#include "backend/arrays/npy.h"
#include "backend/arrays/npy_write.h"
#include "backend/protocol/error.h"
#include "tests/backend/arrays/file_bytes.h"
#include "tests/backend/arrays/run_python.h"

#include <QTemporaryDir>
#include <QTest>
#include <nlohmann/json.hpp>
#include <torch/types.h>

#include <fstream>

using namespace assay;
using namespace assay::arrays;
using namespace assay::test;

namespace {

/// A NPY file of version 1 with this dictionary and so many bytes of values.
Bytes npy(const std::string& dictionary, std::size_t values)
{
    Bytes bytes = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
    append(bytes, dictionary.size(), 2);
    bytes.insert(bytes.end(), dictionary.begin(), dictionary.end());
    bytes.resize(bytes.size() + values);
    return bytes;
}

std::string dictionary(const std::string& type, const std::string& shape)
{
    return "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }";
}

} // namespace

/// Reads what numpy wrote, value for value, and names what is wrong with everything else.
class TestNpy : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    nlohmann::json m_expected;

    std::filesystem::path file(const std::string& name) const
    {
        return std::filesystem::path(m_dir.path().toStdString()) / name;
    }

    QString problem(const Bytes& bytes)
    {
        writeBytes(file("x.npy"), bytes);
        return problemOf(file("x.npy"), [this] { readNpy(file("x.npy")); });
    }

private Q_SLOTS:
    void initTestCase()
    {
        runPython(ASSAY_TEST_SOURCE_DIR "/tests/backend/arrays/make_arrays.py", {m_dir.path()});
        std::ifstream input(file("expected.json"));
        m_expected = nlohmann::json::parse(input);
        QVERIFY(m_expected.size() > 35);
    }

    void readsWhatNumpyWrote()
    {
        for (const auto& [name, entry] : m_expected.items()) {
            const NpyArray array = readNpy(file(name + ".npy"));
            const auto shape = entry["shape"].get<std::vector<std::int64_t>>();
            QVERIFY2(array.header.shape == shape, name.c_str());
            if (entry.contains("texts")) {
                QVERIFY2(array.texts == entry["texts"].get<std::vector<std::string>>(), name.c_str());
                continue;
            }
            QVERIFY2(array.values.sizes() == torch::IntArrayRef(shape), name.c_str());
            const auto values = entry["values"].get<std::vector<double>>();
            const torch::Tensor expected = torch::tensor(values, torch::kFloat64).view(shape);
            QVERIFY2(torch::equal(array.values.to(torch::kFloat64), expected), name.c_str());
        }
    }

    void keepsTypes()
    {
        QCOMPARE(readNpy(file("f2_big.npy")).values.scalar_type(), torch::kFloat16);
        QCOMPARE(readNpy(file("u1_little.npy")).values.scalar_type(), torch::kUInt8);
        QCOMPARE(readNpy(file("bool.npy")).values.scalar_type(), torch::kBool);
        QCOMPARE(readNpy(file("u2_little.npy")).values.scalar_type(), torch::kInt32);
        QVERIFY(readNpy(file("fortran.npy")).values.is_contiguous());
    }

    void readsArchives()
    {
        const torch::Tensor grid = torch::arange(24, torch::kFloat32).view({2, 3, 4});
        const ArrayBundle stored(file("stored.npz"));
        QCOMPARE(stored.names(), std::vector<std::string>({"grid", "names"}));
        QVERIFY(torch::equal(stored.array("grid", 1000).values, grid));
        QCOMPARE(stored.array("names", 1000).texts, std::vector<std::string>({"a", "b"}));
        const ArrayBundle packed(file("packed.npz"));
        QVERIFY(torch::equal(packed.array("grid", 1000).values, grid));
        QCOMPARE(packed.header("zeros").shape, std::vector<std::int64_t>({100, 100}));
        QCOMPARE(packed.array("zeros", 80000).values.sum().item<double>(), 0.0);
    }

    void tensorsOutliveTheArchive()
    {
        torch::Tensor grid;
        {
            const ArrayBundle packed(file("packed.npz"));
            grid = packed.array("grid", 1000).values;
        }
        QVERIFY(torch::equal(grid, torch::arange(24, torch::kFloat32).view({2, 3, 4})));
    }

    void boundsWhatAnArchiveMayTake()
    {
        const ArrayBundle packed(file("packed.npz"));
        QCOMPARE(
            problemOf(file("packed.npz"), [&] { packed.array("zeros", 79999); }),
            QString("FILE, array 'zeros': takes 80000 bytes; at most 79999 are read. Keep fewer samples, "
                    "or save them as uint8."));
        QCOMPARE(problemOf(file("packed.npz"), [&] { packed.array("absent", 1); }),
                 QString("FILE, array 'absent': is not there."));
    }

    void refusesWhatIsNoNumber_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("sentence");
        QTest::newRow("objects") << "objects.npy"
                                 << "FILE: the array holds Python objects, which are pickles and are never "
                                    "read. Save numbers or texts: array.astype(float) or array.astype(str).";
        QTest::newRow("records") << "records.npy"
                                 << "FILE: the array has records of several fields, which are not read. Save "
                                    "each field as an array of its own.";
        QTest::newRow("complex")
            << "complex.npy"
            << "FILE: the array has the element type '<c8', which is not read. Save it as "
               "one of bool, int8 to int64, uint8 to uint64, float16 to float64 or str.";
        QTest::newRow("too high") << "too_high.npy"
                                  << "FILE: holds numbers above 2^63-1. Save it as int64 or float64.";
    }

    void refusesWhatIsNoNumber()
    {
        QFETCH(QString, name);
        QFETCH(QString, sentence);
        const auto path = file(name.toStdString());
        QCOMPARE(problemOf(path, [&] { readNpy(path); }), sentence);
    }

    void namesTheDamage_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("sentence");
        const auto row = [](const char* name, const Bytes& bytes, const char* sentence) {
            QTest::newRow(name) << QByteArray(reinterpret_cast<const char*>(bytes.data()),
                                              qsizetype(bytes.size()))
                                << QString(sentence);
        };
        const char* kMalformed = "FILE: the NPY header is malformed. Save the array again with numpy.save.";
        row("nothing", {},
            "FILE: is no NPY array: it does not begin with \\x93NUMPY. Save the array again with "
            "numpy.save.");
        row("text", {'h', 'e', 'l', 'l', 'o'},
            "FILE: is no NPY array: it does not begin with \\x93NUMPY. Save the array again with "
            "numpy.save.");
        row("version", {0x93, 'N', 'U', 'M', 'P', 'Y', 9, 0, 0, 0},
            "FILE: has NPY version 9; 1 to 3 are read. Save the array again with numpy.save.");
        row("magic only", {0x93, 'N', 'U', 'M', 'P', 'Y', 1},
            "FILE: ends inside its NPY header. Save the array again with numpy.save.");
        Bytes longer = npy(dictionary("<f4", "(1,)"), 4);
        put(longer, 8, 60000, 2);
        row("header beyond the end", longer,
            "FILE: ends inside its NPY header. Save the array again with numpy.save.");
        Bytes huge = {0x93, 'N', 'U', 'M', 'P', 'Y', 2, 0, 0xff, 0xff, 0xff, 0xff};
        row("header of 4 GiB", huge,
            "FILE: has a NPY header of 4294967295 bytes; at most 64 KiB are read. Save the array again with "
            "numpy.save.");
        row("2^63 values", npy(dictionary("<f4", "(9223372036854775808,)"), 4),
            "FILE: the NPY header announces more than 2^46 values.");
        row("2^64 values", npy(dictionary("<f4", "(18446744073709551616,)"), 4),
            "FILE: the NPY header announces more than 2^46 values.");
        row("product of sizes", npy(dictionary("<f4", "(4294967296, 4294967296)"), 4),
            "FILE: the NPY header announces more than 2^46 values.");
        row("no values hide huge sizes", npy(dictionary("<f4", "(0, 4294967296, 4294967296)"), 0),
            "FILE: the NPY header announces more than 2^46 values.");
        row("17 axes", npy(dictionary("|u1", "(1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1)"), 1),
            "FILE: the array has more than 16 dimensions.");
        row("negative size", npy(dictionary("<f4", "(-1,)"), 4), kMalformed);
        row("no dictionary", npy("__import__('os').system('true')", 4), kMalformed);
        row("no shape", npy("{'descr': '<f4', 'fortran_order': False}", 4), kMalformed);
        row("shape twice", npy("{'shape': (1,), 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", 4),
            kMalformed);
        row("never closed", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1,", 4), kMalformed);
        row("more after it", npy(dictionary("<f4", "(1,)") + " x", 4), kMalformed);
        row("no type", npy(dictionary("", "(1,)"), 4),
            "FILE: the array has the element type '', which is not read. Save it as one of bool, int8 to "
            "int64, uint8 to uint64, float16 to float64 or str.");
        row("huge texts", npy(dictionary("<U1073741825", "(1,)"), 4),
            "FILE: the array has the element type '<U1073741825', which is not read. Save it as one of bool, "
            "int8 to int64, uint8 to uint64, float16 to float64 or str.");
        row("cut values", npy(dictionary("<f4", "(10,)"), 39),
            "FILE: ends after 39 of 40 bytes of values. Fetch the file again.");
        row("lying shape", npy(dictionary("<f8", "(1000000000000,)"), 8),
            "FILE: ends after 8 of 8000000000000 bytes of values. Fetch the file again.");
        row("more values", npy(dictionary("<f4", "(1,)"), 5),
            "FILE: goes on after the 4 bytes of values its header announces.");
        Bytes surrogate = npy(dictionary("<U1", "(1,)"), 4);
        put(surrogate, surrogate.size() - 4, 0xd800, 4);
        row("invalid character", surrogate,
            "FILE: a text has an invalid character. Save the array again with numpy.save.");
    }

    void namesTheDamage()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, sentence);
        QCOMPARE(problem(Bytes(bytes.begin(), bytes.end())), sentence);
    }

    void writesWhatNumpyReads()
    {
        const torch::Tensor half = torch::tensor({0.5, -1.25}, torch::kFloat64).to(torch::kFloat16);
        const NpyValues values = {
            {"pixels", torch::arange(12, torch::kUInt8).view({2, 2, 3})},
            {"half", half},
            {"flags", torch::tensor({1, 0}, torch::kInt64).to(torch::kBool)},
            {"scalar", torch::tensor(7.5, torch::kFloat64)},
            {"view", torch::arange(6, torch::kInt64).view({2, 3}).t()},
            {"names", std::vector<std::string>{"cat", "", "Gr\u00fc\u00dfe \U0001f600"}}};
        writeNpz(file("w_stored.npz"), values);
        writeNpz(file("w_packed.npz"), values, Packing::Deflated);
        writeNpy(file("w.npy"), torch::arange(5, torch::kFloat32));
        writeBytes(file("check.py"), {});
        std::ofstream(file("check.py")) << R"(
import sys, numpy as np, zipfile
folder = sys.argv[1]
for name in ("w_stored.npz", "w_packed.npz"):
    assert zipfile.ZipFile(folder + "/" + name).testzip() is None
    f = np.load(folder + "/" + name, allow_pickle=False)
    assert f["pixels"].dtype == np.uint8 and (f["pixels"] == np.arange(12).reshape(2, 2, 3)).all()
    assert f["half"].dtype == np.float16 and list(f["half"]) == [0.5, -1.25]
    assert list(f["flags"]) == [True, False] and f["flags"].dtype == bool
    assert f["scalar"].shape == () and float(f["scalar"]) == 7.5
    assert (f["view"] == np.arange(6).reshape(2, 3).T).all()
    assert list(f["names"]) == ["cat", "", "Gr\u00fc\u00dfe \U0001f600"]
assert (np.load(folder + "/w.npy") == np.arange(5)).all()
)";
        runPython(QString::fromStdString(file("check.py").string()), {m_dir.path()});
        const ArrayBundle again(file("w_packed.npz"));
        QCOMPARE(again.array("names", 1000).texts, std::get<std::vector<std::string>>(values[5].second));
        QVERIFY(torch::equal(again.array("half", 1000).values, half));
        writeNpz(file("w_again.npz"), values);
        QCOMPARE(readBytes(file("w_again.npz")), readBytes(file("w_stored.npz")));
    }

    void writesWholeFilesOnly()
    {
        const auto absent = file("no/such/folder.npz");
        QVERIFY_EXCEPTION_THROWN(writeNpz(absent, {{"a", torch::zeros({1})}}), Error);
        const auto bad = file("bad.npz");
        QVERIFY_EXCEPTION_THROWN(writeNpz(bad, {{"a", torch::zeros({1}, torch::kComplexFloat)}}), Error);
        QVERIFY(!std::filesystem::exists(bad));
    }
};

QTEST_GUILESS_MAIN(TestNpy)
#include "tst_npy.moc"
