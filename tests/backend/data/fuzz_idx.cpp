#include "backend/data/formats/idx_file.h"
#include "backend/protocol/error.h"
#include "idx_builder.h"

#include <QTemporaryDir>
#include <QTest>
#include <torch/types.h>

#include <random>

using namespace assay;
using namespace assay::test;

/// Any bytes give a tensor or an Error, never anything else.
class FuzzIdx : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void mutationsOfGoodFiles()
    {
        const QTemporaryDir dir;
        const auto file = std::filesystem::path(dir.path().toStdString()) / "x";
        const Bytes plain = idx({4, 3, 5}, Bytes(60, 9));
        std::mt19937 random(20240917);
        int read = 0;
        for (int round = 0; round < 2000; ++round) {
            Bytes bytes = round % 2 == 0 ? plain : gzip(plain);
            for (std::uint32_t i = 0; i <= random() % 4; ++i)
                bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
            if (random() % 4 == 0)
                bytes.resize(random() % (bytes.size() + 1));
            write(file, bytes);
            try {
                const torch::Tensor tensor = data::readIdx(file, 3);
                QVERIFY(tensor.numel() <= qint64(bytes.size()) * 1100); // deflate's best ratio is 1032
                ++read;
            } catch (const Error&) {
            }
        }
        QVERIFY(read > 0);
    }
};

QTEST_GUILESS_MAIN(FuzzIdx)
#include "fuzz_idx.moc"
