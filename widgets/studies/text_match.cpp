#include "widgets/studies/text_match.h"

#include <QRegularExpression>

#include <algorithm>
#include <vector>

namespace assay::widgets {

namespace {

constexpr int kWordStart = 30;
constexpr int kInside = 12;
constexpr int kMisspelt = 5;

const QRegularExpression& separators()
{
    static const QRegularExpression expression(QStringLiteral("[^\\p{L}\\p{N}]+"));
    return expression;
}

/// Edit distance of @p a to the best prefix of @p b, so that a half-typed misspelt word is found too.
int prefixDistance(const QString& a, const QString& b)
{
    std::vector<int> row(size_t(b.size()) + 1);
    for (size_t j = 0; j < row.size(); ++j)
        row[j] = int(j);
    for (qsizetype i = 0; i < a.size(); ++i) {
        int diagonal = row[0];
        row[0] = int(i) + 1;
        for (qsizetype j = 0; j < b.size(); ++j) {
            const int substituted = diagonal + (a[i] != b[j]);
            diagonal = row[size_t(j) + 1];
            row[size_t(j) + 1] = std::min({substituted, diagonal + 1, row[size_t(j)] + 1});
        }
    }
    return *std::min_element(row.begin(), row.end());
}

int wordScore(const QString& word, const QString& field, const QStringList& fieldWords)
{
    for (const QString& w : fieldWords) {
        if (w.startsWith(word))
            return kWordStart + (w.size() == word.size() ? 5 : 0);
    }
    if (field.contains(word))
        return kInside;
    if (word.size() < 4)
        return -1;
    const bool near = std::any_of(fieldWords.begin(), fieldWords.end(), [&](const QString& w) {
        return w.size() >= 3 && w[0] == word[0] && prefixDistance(word, w) <= 1;
    });
    return near ? kMisspelt : -1;
}

} // namespace

int matchScore(const QString& query, const QStringList& fields)
{
    const QStringList words = query.toLower().split(separators(), Qt::SkipEmptyParts);
    int total = 0;
    for (const QString& word : words) {
        int best = -1;
        for (qsizetype i = 0; i < fields.size(); ++i) {
            const QString field = fields[i].toLower();
            const int score = wordScore(word, field, field.split(separators(), Qt::SkipEmptyParts));
            if (score >= 0)
                best = std::max(best, score * 10 / int(10 + 3 * i));
        }
        if (best < 0)
            return -1;
        total += best;
    }
    return total;
}

} // namespace assay::widgets
