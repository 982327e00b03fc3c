#include "backend/models/torchscript/pickle_storages.h"

#include "backend/protocol/error.h"

#include <algorithm>
#include <map>
#include <memory>
#include <unordered_map>

namespace assay::models {

namespace {

/// As much of a pickled value as a storage reference is made of.
struct Item
{
    enum class Kind { Other, Mark, Integer, Text, Global, Tuple };
    Kind kind = Kind::Other;
    std::int64_t integer = 0;
    std::string text;                                   ///< of a Global "module name"
    std::shared_ptr<std::vector<Item>> items = nullptr; ///< shared with the memo; never changed
};

const std::map<std::string, std::uint64_t>& storageBytes()
{
    static const std::map<std::string, std::uint64_t> bytes = {
        {"DoubleStorage", 8},
        {"FloatStorage", 4},
        {"HalfStorage", 2},
        {"LongStorage", 8},
        {"IntStorage", 4},
        {"ShortStorage", 2},
        {"CharStorage", 1},
        {"ByteStorage", 1},
        {"BoolStorage", 1},
        {"BFloat16Storage", 2},
        {"ComplexDoubleStorage", 16},
        {"ComplexFloatStorage", 8},
    };
    return bytes;
}

class Walker
{
public:
    Walker(std::string_view pickle, const std::string& where)
        : m_pickle(pickle)
        , m_where(where)
    {}

    std::vector<StorageClaim> walk()
    {
        while (step(take(1)[0])) {
        }
        return std::move(m_claims);
    }

private:
    using Kind = Item::Kind;

    [[noreturn]] void fail(const std::string& what) const
    {
        throw Error("is damaged: " + what, m_where, "Save the network again with torch.jit.save.");
    }

    std::string_view take(std::uint64_t count)
    {
        if (count > m_pickle.size() - m_at)
            fail("a pickle ends too early");
        const std::string_view bytes = m_pickle.substr(m_at, count);
        m_at += count;
        return bytes;
    }

    std::uint64_t number(int bytes)
    {
        std::uint64_t value = 0;
        const std::string_view raw = take(static_cast<std::uint64_t>(bytes));
        for (int i = bytes - 1; i >= 0; --i)
            value = value << 8 | static_cast<std::uint8_t>(raw[static_cast<std::size_t>(i)]);
        return value;
    }

    std::string line()
    {
        const std::size_t end = m_pickle.find('\n', m_at);
        if (end == std::string_view::npos)
            fail("a pickle ends too early");
        const std::string text(take(end - m_at));
        take(1);
        return text;
    }

    void push(Item item) { m_stack.push_back(std::move(item)); }
    void pushInteger(std::int64_t value) { push({.kind = Kind::Integer, .integer = value}); }
    void pushText(std::string_view text) { push({.kind = Kind::Text, .text = std::string(text)}); }

    Item pop()
    {
        if (m_stack.empty())
            fail("a pickle takes a value from an empty stack");
        Item item = std::move(m_stack.back());
        m_stack.pop_back();
        return item;
    }

    std::vector<Item> popToMark()
    {
        std::vector<Item> items;
        for (Item item = pop(); item.kind != Kind::Mark; item = pop())
            items.push_back(std::move(item));
        std::reverse(items.begin(), items.end());
        return items;
    }

    void pushTuple(std::vector<Item> items)
    {
        // A reference is flat; what lies deeper is let go, so that no nesting can exhaust the stack.
        for (Item& item : items) {
            if (item.kind == Kind::Tuple)
                item = {};
        }
        push({.kind = Kind::Tuple, .items = std::make_shared<std::vector<Item>>(std::move(items))});
    }

    void pushTupleOf(int count)
    {
        std::vector<Item> items;
        for (int i = 0; i < count; ++i)
            items.insert(items.begin(), pop());
        pushTuple(std::move(items));
    }

    void remember(std::uint64_t slot)
    {
        if (m_stack.empty())
            fail("a pickle remembers a value of an empty stack");
        m_memo[slot] = m_stack.back();
    }

    void recall(std::uint64_t slot)
    {
        const auto found = m_memo.find(slot);
        if (found == m_memo.end())
            fail("a pickle recalls a value it never had");
        push(found->second);
    }

    /// ("storage", torch.FloatStorage, key, device, items)
    void claim()
    {
        const Item reference = pop();
        const bool shaped = reference.kind == Kind::Tuple && reference.items->size() >= 5 &&
                            (*reference.items)[1].kind == Kind::Global &&
                            (*reference.items)[2].kind == Kind::Text &&
                            (*reference.items)[4].kind == Kind::Integer;
        if (!shaped)
            fail("a pickle refers to something that is no tensor storage");
        const std::vector<Item>& items = *reference.items;
        const auto bytes = storageBytes().find(items[1].text.substr(items[1].text.find(' ') + 1));
        if (bytes == storageBytes().end()) {
            std::string type = items[1].text.substr(0, 80);
            std::ranges::replace(type, ' ', '.');
            throw Error("has weights of the type '" + type + "', which give no gradients", m_where,
                        "Export the network in float32.");
        }
        if (items[4].integer < 0)
            fail("a tensor storage has a negative size");
        m_claims.push_back({items[2].text, static_cast<std::uint64_t>(items[4].integer), bytes->second});
        push({});
    }

    std::int64_t longInteger(std::uint64_t bytes)
    {
        if (bytes > 8)
            fail("a pickle holds an integer of more than 64 bits");
        const std::uint64_t value = number(static_cast<int>(bytes));
        const int unused = 64 - static_cast<int>(bytes) * 8;
        return bytes == 0 ? 0 : static_cast<std::int64_t>(value << unused) >> unused;
    }

    /// One instruction; false at the end. Values other than storage references are only counted.
    bool step(char instruction)
    {
        switch (static_cast<std::uint8_t>(instruction)) {
        case 0x80: // protocol
            take(1);
            return true;
        case '.':
            return false;
        case '(':
            push({.kind = Kind::Mark});
            return true;
        case 'N':
        case '}':
        case ']':
        case 0x88: // true
        case 0x89: // false
            push({});
            return true;
        case 'G':
            take(8);
            push({});
            return true;
        case 'K':
            pushInteger(static_cast<std::int64_t>(number(1)));
            return true;
        case 'M':
            pushInteger(static_cast<std::int64_t>(number(2)));
            return true;
        case 'J':
            pushInteger(static_cast<std::int32_t>(number(4)));
            return true;
        case 0x8a: // long of few bytes
            pushInteger(longInteger(number(1)));
            return true;
        case 'X':
        case 'T':
            pushText(take(number(4)));
            return true;
        case 'U':
        case 0x8c: // short text
            pushText(take(number(1)));
            return true;
        case 'c': {
            const std::string module = line();
            push({.kind = Kind::Global, .text = module + " " + line()});
            return true;
        }
        case ')':
            pushTuple({});
            return true;
        case 0x85:
        case 0x86:
        case 0x87: // tuples of one, two, three
            pushTupleOf(static_cast<std::uint8_t>(instruction) - 0x84);
            return true;
        case 't':
            pushTuple(popToMark());
            return true;
        case 'e': // append all, to the list below the mark
        case 'u': // set all
            popToMark();
            return true;
        case 'l':
        case 'd':
            popToMark();
            push({});
            return true;
        case 'R':
        case 0x81: // new object of class and arguments
            pop();
            pop();
            push({});
            return true;
        case 's':
            pop();
            pop();
            return true;
        case 'a':
        case 'b':
        case '0':
            pop();
            return true;
        case 'q':
            remember(number(1));
            return true;
        case 'r':
            remember(number(4));
            return true;
        case 'h':
            recall(number(1));
            return true;
        case 'j':
            recall(number(4));
            return true;
        case 'Q':
            claim();
            return true;
        default:
            fail("a pickle has the unknown instruction " +
                 std::to_string(static_cast<std::uint8_t>(instruction)));
        }
    }

    std::string_view m_pickle;
    const std::string& m_where;
    std::size_t m_at = 0;
    std::vector<Item> m_stack;
    std::unordered_map<std::uint64_t, Item> m_memo;
    std::vector<StorageClaim> m_claims;
};

} // namespace

std::vector<StorageClaim> storageClaims(std::string_view pickle, const std::string& where)
{
    return Walker(pickle, where).walk();
}

} // namespace assay::models
