#include "backend/models/files/pickle.h"
#include "backend/models/files/pickle_opcodes.h"
#include "backend/models/files/pickle_types.h"
#include "backend/models/files/printable.h"
#include "backend/protocol/error.h"

#include <bit>
#include <stdexcept>

namespace assay::models {

namespace {

using namespace pickle_opcodes;
using Kind = PickleValue::Kind;

// A checkpoint of a thousand parameters with Adam's state takes about 120,000 steps.
constexpr std::size_t kMaxSteps = 4'000'000;
constexpr std::size_t kMaxObjects = 1'000'000;
constexpr std::size_t kMaxMemo = 2'000'000;
constexpr std::size_t kMaxItems = 4'000'000; // over all containers
constexpr const char* kSaveStateDict = "Save only model.state_dict()";

/// The machine that a pickle is written for, without the instructions that would run anything.
class PickleMachine
{
public:
    PickleMachine(std::span<const std::uint8_t> bytes, const std::string& where)
        : m_bytes(bytes)
        , m_where(where)
    {}

    Pickle run()
    {
        for (std::size_t steps = 0;; ++steps) {
            if (steps == kMaxSteps)
                fail("has more than " + std::to_string(kMaxSteps) + " instructions");
            const auto op = take<std::uint8_t>();
            if (op == kStop)
                break;
            try {
                step(op);
            } catch (const std::invalid_argument& problem) {
                fail("describes " + std::string(problem.what()));
            }
            if (m_result.nodes.size() + m_result.storages.size() + m_result.tensors.size() > kMaxObjects)
                fail("makes more than " + std::to_string(kMaxObjects) + " objects");
        }
        m_result.root = pop();
        m_result.bytesRead = m_position;
        return std::move(m_result);
    }

private:
    [[noreturn]] void fail(const std::string& what) const
    {
        throw Error("the pickle " + what, m_where, kSaveStateDict);
    }

    // What is read.

    std::string_view text(std::uint64_t count)
    {
        if (count > m_bytes.size() - m_position)
            fail("ends too early");
        const std::string_view view(reinterpret_cast<const char*>(m_bytes.data()) + m_position, count);
        m_position += count;
        return view;
    }

    template <class Number>
    Number take()
    {
        std::uint64_t value = 0;
        const std::string_view raw = text(sizeof(Number));
        for (std::size_t i = raw.size(); i-- > 0;)
            value = value << 8 | static_cast<std::uint8_t>(raw[i]);
        return static_cast<Number>(value);
    }

    std::string_view line()
    {
        const std::string_view rest(reinterpret_cast<const char*>(m_bytes.data()) + m_position,
                                    m_bytes.size() - m_position);
        const std::size_t end = rest.find('\n');
        if (end == std::string_view::npos)
            fail("ends too early");
        m_position += end + 1;
        return rest.substr(0, end);
    }

    // The stack.

    void push(PickleValue value) { m_stack.push_back(value); }

    void push(Kind kind, std::int64_t integer = 0)
    {
        PickleValue value{.kind = kind};
        value.integer = integer;
        push(value);
    }

    void pushText(Kind kind, std::string_view text) { push(PickleValue{.kind = kind, .text = text}); }

    std::size_t floor() const { return m_marks.empty() ? 0 : m_marks.back(); }

    PickleValue pop()
    {
        if (m_stack.size() <= floor())
            fail("takes more values than it made");
        const PickleValue value = m_stack.back();
        m_stack.pop_back();
        return value;
    }

    PickleValue& top()
    {
        if (m_stack.size() <= floor())
            fail("takes more values than it made");
        return m_stack.back();
    }

    /// What lies above the last mark; the mark goes, too.
    std::vector<PickleValue> popToMark()
    {
        if (m_marks.empty())
            fail("has an instruction without its mark");
        const auto begin = m_stack.begin() + static_cast<std::ptrdiff_t>(m_marks.back());
        std::vector<PickleValue> items(begin, m_stack.end());
        m_stack.erase(begin, m_stack.end());
        m_marks.pop_back();
        return items;
    }

    std::vector<PickleValue> popCount(std::size_t count)
    {
        std::vector<PickleValue> items(count);
        for (std::size_t i = count; i-- > 0;)
            items[i] = pop();
        return items;
    }

    void pushContainer(Kind kind, std::vector<PickleValue> items)
    {
        if (kind == Kind::Dict && items.size() % 2 != 0)
            fail("has a key without a value");
        count(items.size());
        PickleValue value{.kind = kind};
        value.node = &m_result.nodes.emplace_back(PickleNode{std::move(items)});
        push(value);
    }

    void count(std::size_t items)
    {
        m_items += items;
        if (m_items > kMaxItems)
            fail("puts more than " + std::to_string(kMaxItems) + " values into containers");
    }

    void addTo(Kind kind, const std::vector<PickleValue>& items)
    {
        if (!top().is(kind))
            fail("adds to something that is no container");
        if (kind == Kind::Dict && items.size() % 2 != 0)
            fail("has a key without a value");
        count(items.size());
        std::vector<PickleValue>& all = top().node->items;
        all.insert(all.end(), items.begin(), items.end());
    }

    // The memo.

    void put(std::uint64_t index)
    {
        if (index >= kMaxMemo)
            fail("remembers more than " + std::to_string(kMaxMemo) + " values");
        if (index >= m_memo.size())
            m_memo.resize(index + 1, PickleValue{.kind = kAbsent});
        m_memo[index] = top();
    }

    void get(std::uint64_t index)
    {
        if (index >= m_memo.size() || m_memo[index].kind == kAbsent)
            fail("recalls a value that it did not remember");
        push(m_memo[index]);
    }

    // The instructions.

    void step(std::uint8_t op)
    {
        if (!constant(op) && !structure(op) && !reference(op))
            unknown(op);
    }

    [[noreturn]] void unknown(std::uint8_t op) const
    {
        constexpr char kDigits[] = "0123456789abcdef";
        fail(std::string("has the instruction 0x") + kDigits[op >> 4] + kDigits[op & 15] +
             ", which a state_dict of protocols 2 to 5 has no use for");
    }

    bool constant(std::uint8_t op)
    {
        switch (op) {
        case kNone:
            push(Kind::None);
            return true;
        case kNewTrue:
            push(Kind::Bool, 1);
            return true;
        case kNewFalse:
            push(Kind::Bool, 0);
            return true;
        case kBinInt:
            push(Kind::Integer, take<std::int32_t>());
            return true;
        case kBinInt1:
            push(Kind::Integer, take<std::uint8_t>());
            return true;
        case kBinInt2:
            push(Kind::Integer, take<std::uint16_t>());
            return true;
        case kLong1:
            pushLong(text(take<std::uint8_t>()));
            return true;
        case kLong4:
            pushLong(text(take<std::uint32_t>()));
            return true;
        case kBinFloat:
            pushReal();
            return true;
        case kBinUnicode:
            pushText(Kind::Text, text(take<std::uint32_t>()));
            return true;
        case kShortBinUnicode:
            pushText(Kind::Text, text(take<std::uint8_t>()));
            return true;
        case kBinUnicode8:
            pushText(Kind::Text, text(take<std::uint64_t>()));
            return true;
        // Python 2's strings are what Python 3's text is.
        case kBinString:
            pushText(Kind::Text, text(take<std::uint32_t>()));
            return true;
        case kShortBinString:
            pushText(Kind::Text, text(take<std::uint8_t>()));
            return true;
        case kBinBytes:
            pushText(Kind::Bytes, text(take<std::uint32_t>()));
            return true;
        case kShortBinBytes:
            pushText(Kind::Bytes, text(take<std::uint8_t>()));
            return true;
        case kBinBytes8:
        case kByteArray8:
            pushText(Kind::Bytes, text(take<std::uint64_t>()));
            return true;
        default:
            return false;
        }
    }

    bool structure(std::uint8_t op)
    {
        switch (op) {
        case kProto:
            checkProtocol(take<std::uint8_t>());
            return true;
        case kFrame:
            take<std::uint64_t>();
            return true;
        case kMark:
            m_marks.push_back(m_stack.size());
            return true;
        case kPop:
            discard();
            return true;
        case kPopMark:
            popToMark();
            return true;
        case kDup:
            push(top());
            return true;
        case kEmptyList:
            pushContainer(Kind::List, {});
            return true;
        case kEmptyTuple:
            pushContainer(Kind::Tuple, {});
            return true;
        case kEmptyDict:
            pushContainer(Kind::Dict, {});
            return true;
        case kEmptySet:
            pushContainer(Kind::Set, {});
            return true;
        case kList:
            pushContainer(Kind::List, popToMark());
            return true;
        case kDict:
            pushContainer(Kind::Dict, popToMark());
            return true;
        case kTuple:
            pushContainer(Kind::Tuple, popToMark());
            return true;
        case kFrozenSet:
            pushContainer(Kind::Set, popToMark());
            return true;
        case kTuple1:
            pushContainer(Kind::Tuple, popCount(1));
            return true;
        case kTuple2:
            pushContainer(Kind::Tuple, popCount(2));
            return true;
        case kTuple3:
            pushContainer(Kind::Tuple, popCount(3));
            return true;
        case kAppend:
            addTo(Kind::List, popCount(1));
            return true;
        case kAppends:
            addTo(Kind::List, popToMark());
            return true;
        case kAddItems:
            addTo(Kind::Set, popToMark());
            return true;
        case kSetItem:
            addTo(Kind::Dict, popCount(2));
            return true;
        case kSetItems:
            addTo(Kind::Dict, popToMark());
            return true;
        default:
            return false;
        }
    }

    bool reference(std::uint8_t op)
    {
        switch (op) {
        case kBinPut:
            put(take<std::uint8_t>());
            return true;
        case kLongBinPut:
            put(take<std::uint32_t>());
            return true;
        case kMemoize:
            put(m_memo.size());
            return true;
        case kBinGet:
            get(take<std::uint8_t>());
            return true;
        case kLongBinGet:
            get(take<std::uint32_t>());
            return true;
        case kGlobal: {
            const std::string_view module = line();
            lookUp(module, line());
            return true;
        }
        case kStackGlobal: {
            const PickleValue name = pop();
            const PickleValue module = pop();
            if (!name.is(Kind::Text) || !module.is(Kind::Text))
                fail("refers to something that has no name");
            lookUp(module.text, name.text);
            return true;
        }
        case kReduce:
        case kNewObj: {
            const PickleValue arguments = pop();
            const PickleValue type = pop();
            const std::size_t before = m_result.nodes.size();
            push(makePickled(type, arguments, m_result));
            if (m_result.nodes.size() > before)
                count(m_result.nodes.back().items.size());
            return true;
        }
        case kBinPersId:
            push(makePickledStorage(pop(), m_result));
            return true;
        case kBuild: {
            pop(); // an OrderedDict's attributes: _metadata, which evaluation has no use for
            if (!top().is(Kind::Dict))
                fail("sets the state of something that is no OrderedDict");
            return true;
        }
        default:
            return false;
        }
    }

    void discard()
    {
        if (!m_marks.empty() && m_marks.back() == m_stack.size())
            m_marks.pop_back(); // a mark on top is what goes
        else
            pop();
    }

    void checkProtocol(int protocol) const
    {
        if (protocol < 2 || protocol > 5)
            fail("is of protocol " + std::to_string(protocol) + "; 2 to 5 can be read");
    }

    void pushReal()
    {
        std::uint64_t raw = 0;
        for (const char byte : text(8)) // the one number that is big-endian
            raw = raw << 8 | static_cast<std::uint8_t>(byte);
        PickleValue value{.kind = Kind::Real};
        value.real = std::bit_cast<double>(raw);
        push(value);
    }

    void pushLong(std::string_view raw)
    {
        if (raw.size() > 8) {
            pushText(Kind::BigInteger, raw);
            return;
        }
        std::uint64_t value = !raw.empty() && (raw.back() & 0x80) ? ~std::uint64_t(0) : 0;
        for (std::size_t i = raw.size(); i-- > 0;)
            value = value << 8 | static_cast<std::uint8_t>(raw[i]);
        push(Kind::Integer, static_cast<std::int64_t>(value));
    }

    void lookUp(std::string_view module, std::string_view name)
    {
        if (const auto type = findPickleType(module, name)) {
            push(*type);
            return;
        }
        const std::string full = printable(module, 80) + "." + printable(name, 80);
        fail("contains a reference to " + full + "; no code of a pickle is ever executed");
    }

    static constexpr Kind kAbsent = static_cast<Kind>(0xff);

    std::span<const std::uint8_t> m_bytes;
    const std::string& m_where;
    std::size_t m_position = 0;
    std::vector<PickleValue> m_stack;
    std::vector<std::size_t> m_marks;
    std::vector<PickleValue> m_memo;
    std::size_t m_items = 0;
    Pickle m_result;
};

} // namespace

Pickle readPickle(std::span<const std::uint8_t> bytes, const std::string& where)
{
    return PickleMachine(bytes, where).run();
}

const PickleValue* pickleFind(const PickleValue& dict, std::string_view key)
{
    if (!dict.is(Kind::Dict))
        return nullptr;
    const std::vector<PickleValue>& items = dict.node->items;
    for (std::size_t i = items.size(); i >= 2; i -= 2) {
        if (items[i - 2].is(Kind::Text) && items[i - 2].text == key)
            return &items[i - 1];
    }
    return nullptr;
}

} // namespace assay::models
