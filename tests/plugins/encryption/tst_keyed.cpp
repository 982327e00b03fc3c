#include "backend/models/architectures/architectures.h"
#include "backend/models/initialise.h"
#include "backend/protocol/error.h"
#include "plugins/encryption/keyed_network.h"
#include "plugins/encryption/keyed_parts.h"
#include "plugins/encryption/keyed_training.h"
#include "plugins/encryption/proliferate_export.h"
#include "tests/support/bench_context.h"
#include "tests/support/sentence_of.h"

#include <QTemporaryDir>
#include <QTest>

#include <ATen/CPUGeneratorImpl.h>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

using namespace assay;
using namespace assay::encryption;
using namespace assay::test;

namespace {

models::InputSpec keyedGrey()
{
    return {.channels = 1, .height = 28, .width = 28, .mean = {0.286}, .stddev = {0.353}};
}

models::InputSpec keyedColour()
{
    return {
        .channels = 3, .height = 32, .width = 32, .mean = {0.49, 0.45, 0.40}, .stddev = {0.21, 0.25, 0.31}};
}

/// The specification's replica, with statistics that are not the identity's.
std::shared_ptr<models::Network> keyedReplica(const models::InputSpec& input)
{
    auto network = models::makeNetwork("convmixer",
                                       {{"width", 48}, {"depth", 2}, {"kernel", 5}, {"patch", 4}}, input, 10);
    models::initialise(*network, at::detail::createCPUGenerator(3));
    const torch::NoGradGuard off;
    const auto generator = at::detail::createCPUGenerator(4);
    for (auto& item : network->named_buffers())
        if (item.key().ends_with("running_mean"))
            item.value().normal_(0, 0.3, generator);
        else if (item.key().ends_with("running_var"))
            item.value().uniform_(0.5, 2, generator);
    for (auto& item : network->named_parameters())
        if (item.value().dim() == 1)
            item.value().add_(torch::randn(item.value().sizes(), generator, torch::kFloat32) * 0.1);
    network->eval();
    return network;
}

torch::Tensor keyedPixels(const models::InputSpec& input, std::int64_t n)
{
    return torch::rand({n, input.channels, input.height, input.width}, at::detail::createCPUGenerator(5),
                       torch::kFloat32);
}

std::shared_ptr<const Cipher> keyedCipher(const CipherSpec& spec, const SecretKey& key,
                                          const models::InputSpec& input)
{
    return std::make_shared<const Cipher>(spec, key, input.channels, input.height, input.width);
}

double keyedGap(const torch::Tensor& a, const torch::Tensor& b)
{
    return (a - b).abs().max().item<double>();
}

/// The replica by hand, with low-rank updates as branches of their own beside the layers they belong to.
torch::Tensor branchedLogits(const models::NamedTensors& base, const models::NamedTensors& delta,
                             const torch::Tensor& x)
{
    const auto find = [](const models::NamedTensors& in, const std::string& name) {
        for (const auto& [key, value] : in)
            if (key == name)
                return value;
        return torch::Tensor();
    };
    const auto at = [&](const std::string& name) {
        const torch::Tensor own = find(delta, name);
        return own.defined() ? own : find(base, name);
    };
    const auto norm = [&](const torch::Tensor& h, const std::string& name) {
        return torch::batch_norm(h, at(name + ".weight"), at(name + ".bias"), at(name + ".running_mean"),
                                 at(name + ".running_var"), false, 0, 1e-5, false);
    };
    torch::Tensor h = torch::conv2d((x - 0.286) / 0.353, at("embedding.weight"), at("embedding.bias"), 4);
    h = norm(torch::gelu(h), "embedding_norm");
    for (const std::string block : {"block1", "block2"}) {
        torch::Tensor mixed =
            torch::conv2d(h, at(block + ".depthwise.weight"), at(block + ".depthwise.bias"), 1, 2, 1, 48);
        h = norm(torch::gelu(mixed), block + ".depthwise_norm") + h;
        torch::Tensor out =
            torch::conv2d(h, find(base, block + ".pointwise.weight"), find(base, block + ".pointwise.bias"));
        const torch::Tensor a = find(delta, block + ".pointwise.lora_a");
        const torch::Tensor b = find(delta, block + ".pointwise.lora_b");
        const torch::Tensor low = torch::conv2d(h, a.squeeze(0).unsqueeze(-1).unsqueeze(-1));
        out = out + 2 * torch::conv2d(low, b.squeeze(0).unsqueeze(-1).unsqueeze(-1));
        h = norm(torch::gelu(out), block + ".pointwise_norm");
    }
    return torch::linear(h.mean({2, 3}), at("fc.weight"), at("fc.bias"));
}

} // namespace

/// What keyed models are made of: keys in first layers, weights of a key's own, and what attackers get.
class TestKeyed : public QObject
{
    Q_OBJECT

    static std::int64_t trainedBy(Tuning tuning, int rank = 8)
    {
        const auto network = keyedReplica(keyedGrey());
        return KeyedTuning(network, keyedParts(*network, "it"), tuning, rank, true,
                           at::detail::createCPUGenerator(1))
            .trained();
    }

    /// Two batches learned by @p tuning, on images that it has never seen.
    static KeyedMember taught(BenchContext& context, const std::shared_ptr<models::Network>& base,
                              Tuning tuning)
    {
        models::ModelCard card{.name = "base",
                               .architecture = "convmixer",
                               .input = keyedGrey(),
                               .classes = std::vector<std::string>(10, "class")};
        const KeyedImages images{(keyedPixels(keyedGrey(), 60) * 255).to(torch::kUInt8),
                                 torch::arange(60) % 10, "made"};
        return trainKeyed(
            context, images,
            {.name = "it",
             .base = std::make_shared<models::Model>(base, card),
             .tuning = tuning,
             .cipher = keyedCipher({.scheme = Scheme::Shf}, SecretKey::fromBytes("one"), keyedGrey()),
             .lesson = {.epochs = 2, .batch = 30},
             .stream = "test"});
    }

private Q_SLOTS:
    void partsAreFound()
    {
        const auto parts = keyedParts(*keyedReplica(keyedGrey()), "it");
        QCOMPARE(parts.stem, std::string("embedding"));
        QCOMPARE(parts.stemNorm, std::string("embedding_norm"));
        QCOMPARE(parts.head, std::string("fc"));
        QCOMPARE(parts.patch, std::int64_t(4));
        const auto vit = models::makeNetwork(
            "vit_tiny", {{"width", 32}, {"depth", 1}, {"heads", 2}, {"patch", 7}}, keyedGrey(), 10);
        const auto ofVit = keyedParts(*vit, "vit");
        QCOMPARE(ofVit.stem, std::string("patch_embed.proj"));
        QCOMPARE(ofVit.stemNorm, std::string());
        QCOMPARE(ofVit.head, std::string("head"));
        QCOMPARE(keyedBlock(ofVit, keyedGrey(), 0), 7);
        QCOMPARE(keyedBlock(ofVit, keyedGrey(), 2), 2);
        const auto mlp = models::makeNetwork("mlp", Json::object(), keyedGrey(), 10);
        QCOMPARE(sentenceOf([&] { keyedParts(*mlp, "mlp"); }),
                 QString("mlp: has no first convolution and last linear layer that a key could be trained "
                         "into. Choose a ConvMixer, a vision transformer or a convolutional network of a "
                         "built-in architecture."));
    }

    /// A key moved into the first layer loses nothing: neither answers nor gradients in the pixels.
    void anAbsorbedKeyChangesNothing_data()
    {
        QTest::addColumn<bool>("colour");
        QTest::addColumn<int>("scheme");
        QTest::newRow("grey, SHF") << false << static_cast<int>(Scheme::Shf);
        QTest::newRow("colour, SHF") << true << static_cast<int>(Scheme::Shf);
        QTest::newRow("grey, NP") << false << static_cast<int>(Scheme::Np);
        QTest::newRow("colour, NP") << true << static_cast<int>(Scheme::Np);
    }
    void anAbsorbedKeyChangesNothing()
    {
        QFETCH(bool, colour);
        QFETCH(int, scheme);
        const models::InputSpec input = colour ? keyedColour() : keyedGrey();
        const CipherSpec spec{.scheme = static_cast<Scheme>(scheme), .block = 4};
        const SecretKey key = SecretKey::fromBytes("vision"), other = SecretKey::fromBytes("another");
        const auto plain = keyedReplica(input), inner = keyedReplica(input);
        absorbKey(*inner, keyedParts(*inner, "it"), spec, key, input);
        KeyedNetwork keyed(inner, keyedCipher(spec, key, input)),
            wrong(inner, keyedCipher(spec, other, input));
        torch::Tensor x = keyedPixels(input, 6);
        {
            const torch::NoGradGuard off;
            const torch::Tensor expected = plain->forward(x);
            QVERIFY(keyedGap(keyed.forward(x), expected) < 1e-5 * expected.abs().max().item<double>());
            QVERIFY(keyedGap(wrong.forward(x), expected) > 0.01);
        }
        x.requires_grad_(true);
        const auto gradient = [&](models::Network& network) {
            return torch::autograd::grad({network.forward(x).square().sum()}, {x}).front();
        };
        const torch::Tensor expected = gradient(*plain);
        QVERIFY(keyedGap(gradient(keyed), expected) < 1e-4 * expected.abs().max().item<double>());
    }

    /// A script that has its key takes plain images, and answers as the network behind the key does.
    void aKeyCanTravelInTheScript_data() { anAbsorbedKeyChangesNothing_data(); }
    void aKeyCanTravelInTheScript()
    {
        QFETCH(bool, colour);
        QFETCH(int, scheme);
        const models::InputSpec input = colour ? keyedColour() : keyedGrey();
        const auto cipher = keyedCipher({.scheme = static_cast<Scheme>(scheme), .block = 4},
                                        SecretKey::fromBytes("vision"), input);
        const auto network = keyedReplica(input);
        const torch::NoGradGuard off;
        const torch::Tensor x = keyedPixels(input, 6), expected = KeyedNetwork(network, cipher).forward(x);
        const auto inside = keyInside(network, *cipher, input);
        QVERIFY(keyedGap(inside->forward(x), expected) < 1e-6 * expected.abs().max().item<double>());
        const QTemporaryDir folder;
        const auto script = models::exportScript(*inside, input, models::ScriptWeights::Float32);
        const auto back = readScript(script, input, folder.filePath("it.pt").toStdString());
        QVERIFY(keyedGap(back->forward(x), expected) < 1e-5 * expected.abs().max().item<double>());
        QCOMPARE(sentenceOf([] { requireKeyInside(Scheme::Ffx); }),
                 QString("export_key: only keys of SHF and NP can be exported inside a script. Switch it "
                         "off, or choose one of these schemes."));
    }

    /// The specification's count of what each method trains in its replica of 8 986 weights.
    void asManyWeightsLearnAsPublished()
    {
        QCOMPARE(trainedBy(Tuning::Head), 490);
        QCOMPARE(trainedBy(Tuning::BitFit), 970);
        QCOMPARE(trainedBy(Tuning::EmbeddingHead), 1402);
        QCOMPARE(trainedBy(Tuning::Lora, 2), 1786);
        QCOMPARE(trainedBy(Tuning::Lora, 8), 2938);
        QCOMPARE(trainedBy(Tuning::Full), 8986);
        QCOMPARE(trainedBy(Tuning::Scratch), 8986);
        QCOMPARE(trainedBy(Tuning::NormAffine), 490 + 5 * 96);
    }

    /// A fused layer of queries, keys and values gets an update for each.
    void queriesKeysAndValuesAreApart()
    {
        const auto vit = models::makeNetwork(
            "vit_tiny", {{"width", 32}, {"depth", 1}, {"heads", 2}, {"patch", 7}}, keyedGrey(), 10);
        KeyedTuning tuning(vit, keyedParts(*vit, "vit"), Tuning::Lora, 4, false,
                           at::detail::createCPUGenerator(1));
        QCOMPARE(tuning.lowRank().size(), std::size_t(4)); // qkv, proj, fc1, fc2
        const LowRank& qkv = tuning.lowRank().front();
        QCOMPARE(qkv.layer, std::string("blocks.0.attn.qkv"));
        QVERIFY(qkv.a.sizes() == at::IntArrayRef({3, 4, 32}));
        QVERIFY(qkv.b.sizes() == at::IntArrayRef({3, 32, 4}));
        QCOMPARE(tuning.trained(),
                 49 * 32 + 32 + 330 + 3 * 4 * (32 + 32) + 4 * (32 + 32) + 2 * 4 * (32 + 128));
    }

    /// Of a network of 22 million weights a key needs less than a twentieth.
    void largeNetworksTrainLittle()
    {
        models::InputSpec input = keyedColour();
        input.height = input.width = 224;
        const auto vit = models::makeNetwork("vit_small", {{"depth", 12}}, input, 1000);
        const KeyedTuning tuning(vit, keyedParts(*vit, "vit"), Tuning::EmbeddingHead, 0, false,
                                 at::detail::createCPUGenerator(1));
        QVERIFY(20 * tuning.trained() < models::parameterCount(*vit));
    }

    void onlyWhatIsAKeysOwnChanges()
    {
        BenchContext context;
        const auto base = keyedReplica(keyedGrey());
        const models::NamedTensors before = base->copy()->persistent();
        const KeyedMember member = taught(context, base, Tuning::EmbeddingHead);
        QCOMPARE(member.trained, std::int64_t(1402));
        std::vector<std::string> changed;
        for (const auto& [name, tensor] : member.delta)
            changed.push_back(name);
        // The statistics of the normalisation after the embedding are the key's own; those of the body stay.
        QCOMPARE(changed,
                 (std::vector<std::string>{"embedding.weight", "embedding.bias", "embedding_norm.weight",
                                           "embedding_norm.bias", "embedding_norm.running_mean",
                                           "embedding_norm.running_var", "fc.weight", "fc.bias"}));
        QCOMPARE(member.deltaBytes(), 4 * (1402 + 2 * 48));
        const models::NamedTensors after = member.network->persistent();
        for (std::size_t i = 0; i < before.size(); ++i)
            if (std::ranges::find(changed, before[i].first) == changed.end())
                QVERIFY2(before[i].second.equal(after[i].second), before[i].first.c_str());
    }

    /// Logits of merged weights are those of branches beside the base's weights, computed by hand; and a
    /// delta gives the device back.
    void mergedIsUnmerged()
    {
        BenchContext context;
        const auto base = keyedReplica(keyedGrey());
        const KeyedMember member = taught(context, base, Tuning::Lora);
        QCOMPARE(member.lowRank.size(), std::size_t(2));
        QVERIFY(member.lowRank.front().b.abs().max().item<double>() > 1e-4); // it has learned
        const torch::NoGradGuard off;
        const torch::Tensor x = keyedPixels(keyedGrey(), 8);
        const torch::Tensor merged = member.network->forward(x);
        const double rounding = 1e-5 * merged.abs().max().item<double>();
        QVERIFY(keyedGap(branchedLogits(base->persistent(), member.delta, x), merged) < rounding);
        QVERIFY(keyedGap(withDelta(*base, member.delta)->forward(x), merged) < rounding);
        models::NamedTensors foreign = {{"nothing.weight", torch::zeros({1})}};
        QCOMPARE(sentenceOf([&] { withDelta(*base, foreign); }),
                 QString("the delta: tensor 'nothing.weight' belongs to no layer of the base. Take the "
                         "base that the device was made from."));
    }

    void aRandomMemberAnswers()
    {
        const models::InputSpec input = keyedGrey();
        std::vector<std::shared_ptr<models::Network>> members;
        for (const char* key : {"one", "two", "three"})
            members.push_back(std::make_shared<KeyedNetwork>(
                keyedReplica(input), keyedCipher({.scheme = Scheme::Shf}, SecretKey::fromBytes(key), input)));
        RandomMemberNetwork random(members, 784, 7), again(members, 784, 7), otherwise(members, 784, 8);
        const torch::NoGradGuard off;
        const torch::Tensor x = keyedPixels(input, 90);
        const torch::Tensor answers = random.forward(x);
        std::int64_t covered = 0;
        for (const auto& member : members) {
            const std::int64_t own =
                ((answers - member->forward(x)).abs().amax(1) < 1e-6).sum().item<std::int64_t>();
            QVERIFY2(own >= 15 && own <= 45, qPrintable(QString::number(own))); // 30 expected
            covered += own;
        }
        QCOMPARE(covered, std::int64_t(90));
        QVERIFY(again.forward(x).equal(answers));
        QVERIFY(!otherwise.forward(x).equal(answers));
        // A change too small to see draws anew.
        QVERIFY(((random.forward(x + 1e-4) - answers).abs().amax(1) > 1e-2).sum().item<std::int64_t>() > 20);
    }
};

QTEST_GUILESS_MAIN(TestKeyed)
#include "tst_keyed.moc"
