#include "backend/metrics/calibration_error.h"
#include "backend/metrics/kernel_calibration.h"
#include "backend/protocol/error.h"
#include "tests/backend/metrics/made_confidences.h"
#include "tests/support/sentence_of.h"

#include <torch/types.h>

#include <QTest>

#include <algorithm>
#include <cmath>
#include <map>

using namespace assay;
using namespace assay::metrics;

class TestCalibrationError : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    /// By hand, two bins: (0.2, 0.4 | 0, 1) and (0.6, 0.9, 0.9 | 1, 1, 0): gaps 0.5 - 0.3 and 2/3 - 0.8.
    void byHand()
    {
        const std::vector<double> at = {0.9, 0.2, 0.6, 0.4, 0.9};
        const std::vector<std::uint8_t> right = {1, 0, 1, 1, 0};
        const SortedConfidences sorted(at, right);
        const auto bins = sorted.bins(Binning::EqualWidth, 2);
        QVERIFY(std::abs(expectedCalibrationError(bins) - (2 * 0.2 + 3 * (0.8 - 2.0 / 3)) / 5) < 1e-15);
        QVERIFY(std::abs(maximumCalibrationError(bins) - 0.2) < 1e-15);
        // (0.04 - 0.25 / 1) 2/5 + ((2/15)^2 - (2/9) / 2) 3/5
        const double squared = (0.04 - 0.25) * 0.4 + (4.0 / 225 - 1.0 / 9) * 0.6;
        QVERIFY(std::abs(debiasedSquaredCalibrationError(bins) - squared) < 1e-15);
        QCOMPARE(debiasedCalibrationError(bins), 0.0);
        // Running sums of correct - confidence: -0.2, 0.4, 0.8, then both of 0.9 together: 0.8 + 0.1 - 0.9 =
        // 0.
        QVERIFY(std::abs(ksCalibrationError(sorted) - 0.8 / 5) < 1e-15);
    }

    /// Another formula: sums of (correct - confidence) by bin number, no sorting.
    void agreesWithSumsByBin()
    {
        for (const int steps : {40, 1000000}) {
            const test::MadeConfidences made = test::madeConfidences(20000, steps);
            const SortedConfidences sorted(made.confidence, made.correct);
            std::map<int, std::pair<double, int>> sums;
            for (std::size_t i = 0; i < made.confidence.size(); ++i) {
                auto& [gap, count] = sums[std::max(1, static_cast<int>(std::ceil(made.confidence[i] * 16)))];
                gap += made.correct[i] - made.confidence[i];
                ++count;
            }
            double expected = 0, largest = 0;
            for (const auto& [bin, sum] : sums) {
                expected += std::abs(sum.first) / 20000;
                largest = std::max(largest, std::abs(sum.first) / sum.second);
            }
            const auto bins = sorted.bins(Binning::EqualWidth, 16); // k / 16 is exact: no border is rounded
            QVERIFY(std::abs(expectedCalibrationError(bins) - expected) < 1e-12);
            QVERIFY(std::abs(maximumCalibrationError(bins) - largest) < 1e-12);
            for (const Binning binning : {Binning::EqualWidth, Binning::EqualMass}) {
                const BinnedErrors walked = binnedErrors(sorted, binning, 16, {});
                const auto same = sorted.bins(binning, 16);
                QVERIFY(std::abs(walked.expected - expectedCalibrationError(same)) < 1e-12);
                QVERIFY(std::abs(walked.maximum - maximumCalibrationError(same)) < 1e-12);
            }
        }
    }

    /// Counts stand for repeated samples, zero counts for samples that are not there.
    void countsAreRepetitions()
    {
        for (const int steps : {12, 100000}) {
            const test::MadeConfidences made = test::madeConfidences(300, steps, 3);
            const SortedConfidences sorted(made.confidence, made.correct);
            Draws draws(9);
            std::vector<std::uint32_t> counts(300, 0);
            for (int i = 0; i < 300; ++i)
                ++counts[static_cast<std::size_t>(draws.below(300))];
            test::MadeConfidences repeated;
            for (std::size_t i = 0; i < counts.size(); ++i) {
                for (std::uint32_t k = 0; k < counts[i]; ++k) {
                    repeated.confidence.push_back(sorted.confidence()[i]);
                    repeated.correct.push_back(sorted.correct()[i]);
                }
            }
            const SortedConfidences again(repeated.confidence, repeated.correct);
            for (const Binning binning : {Binning::EqualWidth, Binning::EqualMass}) {
                const auto bins = again.bins(binning, 13);
                const BinnedErrors walked = binnedErrors(sorted, binning, 13, counts);
                QVERIFY(std::abs(walked.expected - expectedCalibrationError(bins)) < 1e-12);
                QVERIFY(std::abs(walked.maximum - maximumCalibrationError(bins)) < 1e-12);
            }
            QVERIFY(std::abs(ksCalibrationError(sorted, counts) - ksCalibrationError(again)) < 1e-12);
        }
    }

    /// KS against the largest difference of two distribution functions, each summed from its definition.
    void ksIsADifferenceOfDistributions()
    {
        const test::MadeConfidences made = test::madeConfidences(500, 60, 4);
        double largest = 0;
        for (const double at : made.confidence) {
            double hits = 0, expected = 0;
            for (std::size_t i = 0; i < made.confidence.size(); ++i) {
                hits += made.confidence[i] <= at ? made.correct[i] : 0;
                expected += made.confidence[i] <= at ? made.confidence[i] : 0;
            }
            largest = std::max(largest, std::abs(hits - expected) / 500);
        }
        QVERIFY(std::abs(ksCalibrationError({made.confidence, made.correct}) - largest) < 1e-12);
    }

    /// What the debiased square takes off is what chance adds: outcomes drawn with their own confidence
    /// average to 0 (standard error of 400 means of about 1e-3: 5e-5), while the plain square stays at 15 /
    /// 1000 x mean of c (1 - c) = 0.0025.
    void debiasedSquareOfTheCalibratedIsZero()
    {
        double debiased = 0, plain = 0;
        Draws draws(8);
        for (int trial = 0; trial < 400; ++trial) {
            std::vector<double> at;
            std::vector<std::uint8_t> right;
            for (int i = 0; i < 1000; ++i) {
                at.push_back(static_cast<double>(draws.below(1000001)) / 1e6);
                right.push_back(static_cast<double>(draws.below(1000000)) / 1e6 < at.back());
            }
            const SortedConfidences sorted(at, right);
            const auto bins = sorted.bins(Binning::EqualMass, 15);
            debiased += debiasedSquaredCalibrationError(bins) / 400;
            for (const ReliabilityBin& bin : bins)
                plain += static_cast<double>(bin.count) / 1000 * bin.gap() * bin.gap() / 400;
        }
        QVERIFY2(std::abs(debiased) < 2e-4, std::to_string(debiased).c_str());
        QVERIFY2(plain > 0.002, std::to_string(plain).c_str());
    }

    /// Class by class with the binary functions, and for two classes by hand.
    void classwiseIsAMean()
    {
        const torch::Tensor logits = (torch::arange(900, torch::kFloat64).view({300, 3}) * 0.7).sin() * 2;
        const torch::Tensor labels = torch::arange(300) % 3;
        const auto predictions = LabelledProbabilities::fromLogits(logits, labels);
        for (const Binning binning : {Binning::EqualWidth, Binning::EqualMass}) {
            double sum = 0;
            for (std::int64_t k = 0; k < 3; ++k) {
                std::vector<double> at;
                std::vector<std::uint8_t> is;
                for (std::int64_t i = 0; i < 300; ++i) {
                    at.push_back(predictions.probabilities()[i][k].item<double>());
                    is.push_back(i % 3 == k);
                }
                sum += expectedCalibrationError(SortedConfidences(at, is).bins(binning, 10));
            }
            QVERIFY(std::abs(classwiseCalibrationError(predictions, binning, 10) - sum / 3) < 1e-12);
        }
        QCOMPARE(test::sentenceOf([&] { classwiseCalibrationError(predictions, Binning::EqualWidth, 0); }),
                 "a diagram of 0 bins is asked for; it must have 1 to 10000.");
    }

    /// Bins that hold nothing have no say: with bins so narrow that each value has its own, the errors are
    /// those of the values. 0.25 -> 1 of 2, 0.5 -> 0 of 1, 0.875 -> 3 of 3.
    void emptyBinsAddNothing()
    {
        const SortedConfidences sorted(std::vector<double>{0.25, 0.25, 0.5, 0.875, 0.875, 0.875},
                                       std::vector<std::uint8_t>{1, 0, 0, 1, 1, 1});
        for (const int bins : {8, 64, 8192}) {
            const auto width = sorted.bins(Binning::EqualWidth, bins);
            QCOMPARE(std::ranges::count_if(width, &ReliabilityBin::empty), bins - 3);
            QVERIFY(std::abs(expectedCalibrationError(width) - (2 * 0.25 + 0.5 + 3 * 0.125) / 6) < 1e-15);
            QCOMPARE(maximumCalibrationError(width), 0.5);
            // The lone sample of 0.5 adds nothing to the debiased square: nobody can tell chance from gap.
            const double squared = (2 * (0.0625 - 0.25) + 3 * 0.015625) / 6;
            QVERIFY(std::abs(debiasedSquaredCalibrationError(width) - squared) < 1e-15);
        }
        // Equal mass, more bins than samples: three bins hold all, and the error is the same.
        QVERIFY(std::abs(expectedCalibrationError(sorted.bins(Binning::EqualMass, 100)) -
                         (2 * 0.25 + 0.5 + 3 * 0.125) / 6) < 1e-15);
    }

    /// Adaptive calibration error as Nixon et al. write it: each class sorted and cut into ranges of N /
    /// bins, all of one weight. No two probabilities of a class are equal here, and bins divides N.
    void adaptiveErrorAgreesWithEqualRanges()
    {
        constexpr std::int64_t kSamples = 600, kClasses = 4, kBins = 12, kEach = kSamples / kBins;
        const torch::Tensor logits =
            (torch::arange(kSamples * kClasses, torch::kFloat64).view({kSamples, kClasses}) * 0.7).sin() * 2;
        const torch::Tensor labels = torch::arange(kSamples) * 3 % kClasses, p = logits.softmax(1);
        const torch::Tensor gap = torch::one_hot(labels, kClasses).to(torch::kFloat64) - p;
        const torch::Tensor order = p.argsort(0, false);
        const torch::Tensor ranges = gap.gather(0, order).view({kBins, kEach, kClasses}).mean(1).abs();
        const double found = classwiseCalibrationError(LabelledProbabilities::fromLogits(logits, labels),
                                                       Binning::EqualMass, kBins);
        QVERIFY(std::abs(found - ranges.mean().item<double>()) < 1e-12);
    }

    /// The integral from its definition, pair by pair on another grid (of 30001 points; both rules err by
    /// less than 1e-6 for kernels of this width).
    void kernelErrorAgreesWithQuadrature()
    {
        const test::MadeConfidences made = test::madeConfidences(60, 1000, 6);
        double mean = 0, variance = 0;
        for (const double c : made.confidence)
            mean += c / 60;
        for (const double c : made.confidence)
            variance += (c - mean) * (c - mean) / 60;
        const double h = std::sqrt(variance) * std::pow(120.0, -0.2);
        const auto kernel = [&](double distance) {
            const double u = distance / (3 * h);
            return std::abs(u) < 1 ? 35.0 / 32 * std::pow(1 - u * u, 3) / (3 * h) : 0.0;
        };
        constexpr int kSteps = 30000;
        double error = 0, mass = 0;
        for (int g = 0; g <= kSteps; ++g) {
            const double place = static_cast<double>(g) / kSteps, weight = g == 0 || g == kSteps ? 0.5 : 1;
            double density = 0, right = 0;
            for (std::size_t i = 0; i < 60; ++i) {
                const double c = made.confidence[i];
                const double value = (kernel(place - c) + kernel(place + c) + kernel(place - 2 + c)) / 60;
                density += value;
                right += made.correct[i] * value;
            }
            mass += weight * density / kSteps;
            error += density > 0 ? weight * std::abs(right / density - place) * density / kSteps : 0;
        }
        const KernelReliability result = kernelReliability(made.confidence, made.correct);
        QVERIFY(std::abs(result.bandwidth - h) < 1e-12);
        QVERIFY2(std::abs(result.error - error / mass) < 1e-6,
                 std::to_string(result.error - error / mass).c_str());
        QVERIFY(std::ranges::all_of(result.accuracy,
                                    [](double a) { return std::isnan(a) || (a >= 0 && a <= 1); }));
    }

    /// All equal at 0.7, a quarter right: the gap 0.45, up to the kernel's least width.
    void kernelErrorOfEqualConfidences()
    {
        const KernelReliability result =
            kernelReliability(std::vector<double>(8, 0.7), std::vector<std::uint8_t>{1, 0, 0, 0, 1, 0, 0, 0});
        QCOMPARE(result.bandwidth, 1.0 / 1024);
        QVERIFY(std::abs(result.error - 0.45) < 1e-9); // symmetric about 0.7: the widths cancel
        QCOMPARE(test::sentenceOf([] { kernelReliability({}, {}); }),
                 "calibration is asked of no samples; it needs at least one.");
    }
};

QTEST_GUILESS_MAIN(TestCalibrationError)
#include "tst_calibration_error.moc"
