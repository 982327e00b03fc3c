#include "backend/models/architectures/architectures.h"
#include "backend/models/parallel.h"
#include "tests/backend/models/torchscript/scripts.h"

#include <QTest>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <ctime>
#include <functional>

using namespace assay;
using namespace assay::models;

namespace {

constexpr int kRounds = 15;

/// Of this thread's processor time: other work on the machine does not count.
double seconds(const std::function<void()>& work)
{
    const auto now = [] {
        timespec time{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
    };
    const double start = now();
    work();
    return now() - start;
}

double median(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

void forwardOnly(const Model& model, const torch::Tensor& x)
{
    const torch::NoGradGuard off;
    model.logits(x);
}

void withGradient(const Model& model, const torch::Tensor& x)
{
    const torch::Tensor pixels = x.detach().requires_grad_(true);
    torch::autograd::grad({model.logits(pixels).sum()}, {pixels});
}

} // namespace

/// A network that came as TorchScript against the same one built in, alternating, one thread.
class TestTorchScriptSpeed : public QObject
{
    Q_OBJECT

private:
    Scripts m_scripts;

    void compare(const char* what, const Model& script, const Model& builtin, const torch::Tensor& x,
                 const std::function<void(const Model&, const torch::Tensor&)>& work)
    {
        std::vector<double> scripted;
        std::vector<double> built;
        for (int i = 0; i < kRounds + 3; ++i) {
            const double own = seconds([&] { work(builtin, x); });
            const double theirs = seconds([&] { work(script, x); });
            if (i < 3)
                continue; // the first rounds find their memory
            built.push_back(own);
            scripted.push_back(theirs);
        }
        const double ratio = median(scripted) / median(built);
        const auto count = static_cast<double>(x.size(0));
        qInfo("%s: TorchScript %.0f images/s, built in %.0f images/s, %.3f times as long", what,
              count / median(scripted), count / median(built), ratio);
        // The goal is 1.1; a busy machine is given room.
        QVERIFY(ratio < 1.3);
    }

private Q_SLOTS:
    void initTestCase()
    {
        const QString failure = m_scripts.make();
        QVERIFY2(failure.isEmpty(), qPrintable(failure));
    }

    void asFastAsBuiltIn_data()
    {
        QTest::addColumn<std::string>("architecture");
        QTest::addColumn<int>("channels");
        QTest::addColumn<int>("side");
        QTest::addColumn<int>("batch");
        QTest::newRow("small_cnn") << std::string("small_cnn") << 1 << 28 << 50;
        QTest::newRow("resnet18") << std::string("resnet18") << 3 << 64 << 8;
    }

    void asFastAsBuiltIn()
    {
        QFETCH(const std::string, architecture);
        QFETCH(const int, channels);
        QFETCH(const int, side);
        QFETCH(const int, batch);
        const SingleThread single;
        const ModelImport import = inspectScript(m_scripts.file("builtin_" + architecture),
                                                 {.channels = channels, .height = side, .width = side});
        const Model script(openNetwork(import), import.card);
        ModelCard card;
        card.input = {.channels = channels, .height = side, .width = side};
        if (channels == 3) {
            card.input.mean = {0, 0, 0};
            card.input.stddev = {1, 1, 1};
        }
        const Model builtin(makeNetwork(architecture, Json::object(), card.input, 10), card);
        const torch::Tensor x = torch::rand({batch, channels, side, side});
        compare((architecture + ", forward").c_str(), script, builtin, x, forwardOnly);
        compare((architecture + ", forward and backward").c_str(), script, builtin, x, withGradient);
    }
};

QTEST_GUILESS_MAIN(TestTorchScriptSpeed)
#include "slow_torchscript_speed.moc"
