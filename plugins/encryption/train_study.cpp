#include "plugins/encryption/train_study.h"

#include "backend/models/parallel.h"
#include "plugins/encryption/train_run.h"
#include "plugins/encryption/train_view.h"

namespace assay::encryption {

namespace {

class TrainStudy final : public engine::StudyOf<TrainParams>
{
public:
    engine::StudyInfo info() const override
    {
        return {
            .id = "encryption.train",
            .title = "Train on encrypted images",
            .question =
                "What can a classifier still learn from encrypted images, and what does the encryption hide?",
            .summary = "One small transformer is trained on plain images, on images under the perceptual "
                       "schemes (EtC, "
                       "LE, ELE, PE, SHF, NP, FFX), and on features of a random, secret, untrained network "
                       "(NeuraCrypt) "
                       "in its form for colour images (Color-NeuraCrypt, variants V1 to V3, each part a "
                       "switch). Shown "
                       "are accuracy with the right key and with wrong ones, what part of the class is lost, "
                       "what depth "
                       "of the random network costs, and three attacks on it: imitation from pairs, linear "
                       "regression, "
                       "and matching of distributions without any pair, judged by error and by re-identified "
                       "images. "
                       "Of Color-NeuraCrypt's paper only title and abstract were read: V1 to V3 are a "
                       "reconstruction. "
                       "NeuraCrypt is not cryptographically secure.",
            .reference =
                "A. Yala, H. Esfahanizadeh, R. D'Oliveira, K. Duffy, M. Ghobadi, T. Jaakkola, V. "
                "Vaikuntanathan, "
                "R. Barzilay, M. Médard: NeuraCrypt: Hiding Private Health Data via Random Neural Networks "
                "for "
                "Public Training. 2021 (2106.02484). Z. Qi, A. MaungMaung, H. Kiya: Color-NeuraCrypt: "
                "Privacy-Preserving Color-Image Classification Using Extended Random Neural Networks. IWAIT "
                "2023 "
                "(2301.04875)",
            .keywords = {"encryption", "NeuraCrypt", "Color-NeuraCrypt", "EtC", "learnable encryption",
                         "privacy", "re-identification", "plaintext attack", "MMD", "random network", "key"},
            .outputs =
                {"tables/accuracy.csv: scheme, dataset, accuracy, n, low, high, seconds, trainings, chance, "
                 "wrong_key, wrong_key_low, wrong_key_high, parameters, keys",
                 "tables/differences.csv: first, second, dataset, difference, low, high, trainings, lowest, "
                 "highest",
                 "tables/attributes.csv: scheme, dataset, attribute, accuracy, n, low, high, chance",
                 "tables/depth.csv: scheme, dataset, depth, accuracy, n, low, high, wrong_key, seconds",
                 "tables/attacks.csv: depth, attack, normalised_error, reidentified, low, high, candidates, "
                 "chance, mmd_before, mmd_after, seconds",
                 "metrics accuracy.SCHEME, plaintext_error.DEPTH"},
            .version = "1",
            .previews = true,
        };
    }

protected:
    void runWith(engine::RunContext& ctx, const TrainParams& params) override
    {
        TrainRun(ctx, params).execute();
    }

    void previewWith(engine::RunContext& ctx, const TrainParams& params) override
    {
        const models::SingleThread guard;
        m_views.emit(ctx, params);
    }

private:
    TrainViews m_views;
};

} // namespace

std::unique_ptr<engine::Study> makeTrainStudy()
{
    return std::make_unique<TrainStudy>();
}

} // namespace assay::encryption
